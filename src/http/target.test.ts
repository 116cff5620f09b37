import { describe, expect, it } from 'vitest';
import { isSameResource, ownTarget, pathOf } from './target.js';

describe('pathOf', () => {
  it.each([
    [undefined, ''],
    ['https://a.example', ''],
    ['https://a.example/', ''],
    ['https://a.example/b/c', '/b/c'],
  ])('%s: %j', (url, path) => {
    expect(pathOf(url)).toBe(path);
  });
});

describe('ownTarget', () => {
  const of = (url: string, basePath: string) => {
    const request = { url, headers: { host: 'h' } } as unknown as Parameters<typeof ownTarget>[0];
    return [ownTarget(request, basePath), request.headers.host];
  };

  it.each([
    ['/sppp', '', '/sppp', 'h'],
    ['http://a:1/sppp?x', '', '/sppp?x', 'a:1'],
    ['HTTPS://a', '', '/', 'a'],
    ['http://a?wsdl', '', '/?wsdl', 'a'],
    ['*', '', '/*', 'h'],
    ['/b/sppp', '/b', '/sppp', 'h'],
    ['/b/', '/b', '/', 'h'],
    ['/b/openapi.json?x', '/b', '/openapi.json?x', 'h'],
    ['/b/operator/status', '/b', '/operator/status', 'h'],
    ['/b', '/b', '/b', 'h'],
    ['/bb/sppp', '/b', '/bb/sppp', 'h'],
    ['/b/b/sppp', '/b', '/b/b/sppp', 'h'],
    // A proxy that takes a path away that looks like one of ours, and one that leaves it.
    ['/sppp/partial', '/sppp', '/sppp/partial', 'h'],
    ['/sppp/sppp/partial', '/sppp', '/sppp/partial', 'h'],
  ])('of %s under %j is %s, for %s', (url, basePath, target, host) => {
    expect(of(url, basePath)).toEqual([target, host]);
  });
});

describe('isSameResource', () => {
  it.each([
    ['/sppp', '/sppp', ''],
    ['http://x/sppp', '/sppp', ''],
    ['/a%2Bb?c=%2B', '/a+b?c=%2B', ''],
    ['/b/sppp', '/sppp', '/b'],
    ['/sppp', '/b/sppp', '/b'],
    ['/sppp/sppp', '/sppp', '/sppp'],
    ['/%', '/%', ''],
  ])('%s and %s are the same under %j', (uri, target, basePath) => {
    expect(isSameResource(uri, target, basePath)).toBe(true);
  });

  it.each([
    ['/sppp', '/sppp/partial', ''],
    ['/b/sppp', '/sppp', ''],
    ['/sppp?a=%26', '/sppp?a=&', ''],
    ['/sppp%3Fa', '/sppp?a', ''],
    ['/b/b/sppp', '/sppp', '/b'],
    ['/sppp', '/sppp?', ''],
  ])('%s and %s are not under %j', (uri, target, basePath) => {
    expect(isSameResource(uri, target, basePath)).toBe(false);
  });
});
