import { describe, expect, it } from 'vitest';
import { readResource } from './resource.js';

describe('the URL of a server or of its resource', () => {
  it.each([
    ['https://sppp.example.net', 'https://sppp.example.net/', 'https://sppp.example.net/sppp'],
    ['https://sppp.example.net/', 'https://sppp.example.net/', 'https://sppp.example.net/sppp'],
    ['https://sppp.example.net/sppp', 'https://sppp.example.net/', 'https://sppp.example.net/sppp'],
    ['https://sppp.example.net/sppp/', 'https://sppp.example.net/', 'https://sppp.example.net/sppp'],
    ['https://example.net/registry/', 'https://example.net/registry', 'https://example.net/registry/sppp'],
    ['https://example.net/registry/sppp', 'https://example.net/registry', 'https://example.net/registry/sppp'],
    ['http://[::1]:8080/services/soap', 'http://[::1]:8080/services', 'http://[::1]:8080/services/soap'],
  ])('%s', (url, server, atomic) => {
    const read = readResource(url);
    expect([read.server.href, read.endpoints.atomic.href, read.mode]).toEqual([server, atomic, undefined]);
    expect(read.endpoints.partial.href).toBe(`${atomic}/partial`);
  });

  it('may name the mode', () => {
    const { mode, endpoints } = readResource('https://sppp.example.net/sppp/validate');
    expect([mode, endpoints.atomic.pathname, endpoints.validate.pathname]).toEqual([
      'validate',
      '/sppp',
      '/sppp/validate',
    ]);
  });

  it.each([
    ['nonsense', 'url: nonsense is no absolute URL of http or https, such as https://sppp.example.net'],
    ['ftp://x', 'url: ftp://x is no absolute URL of http or https, such as https://sppp.example.net'],
    ['https://x/sppp?wsdl', 'url: https://x/sppp?wsdl has a query or a fragment'],
    ['https://ssp1:secret@x/', 'url: holds a login; pass it as user and password'],
  ])('%s is refused', (url, message) => {
    expect(() => readResource(url)).toThrow(new TypeError(message));
  });
});
