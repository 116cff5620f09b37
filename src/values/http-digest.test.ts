import { expect, test } from 'vitest';
import { digestResponse, ha1 } from './http-digest.js';

test('the published example of RFC 2617 §3.5', () => {
  expect(ha1('MD5', 'Mufasa', 'testrealm@host.com', 'Circle Of Life')).toBe('939e7578ed9e3c518a452acee763bce9');
});

test('each algorithm has its own length', () => {
  expect(ha1('MD5', 'u', 'r', 'p')).toMatch(/^[0-9a-f]{32}$/);
  expect(ha1('SHA-256', 'u', 'r', 'p')).toMatch(/^[0-9a-f]{64}$/);
});

test('composed and decomposed spellings are one name and one password', () => {
  const composed = ha1('SHA-256', 'J\u00e4s\u00f8n Doe', 'r', 'p\u00e4ss');
  expect(ha1('SHA-256', 'Ja\u0308s\u00f8n Doe', 'r', 'pa\u0308ss')).toBe(composed);
  expect(ha1('SHA-256', 'Jas\u00f8n Doe', 'r', 'p\u00e4ss')).not.toBe(composed);
});

test.each([
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
] as const)('the published %s example of RFC 7616 §3.9.1', (algorithm, response) => {
  const secret = ha1(algorithm, 'Mufasa', 'http-auth@example.org', 'Circle of Life');
  const signed = {
    uri: '/dir/index.html',
    nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
    nc: '00000001',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    qop: 'auth',
  };
  expect(digestResponse(algorithm, secret, 'GET', signed)).toBe(response);
});
