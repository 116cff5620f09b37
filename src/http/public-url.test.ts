import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.js';
import { publicUrl } from './public-url.js';

const reach = { protocol: 'http', listening: 'http://127.0.0.1:8080', path: '/sppp/partial' } as const;

describe('publicUrl', () => {
  it('prefers the configured URL, whatever the client says', () => {
    const configured = 'https://registry.example.com/carriers';
    expect(publicUrl({ ...reach, configured, host: 'other.example' })).toBe(
      'https://registry.example.com/carriers/sppp/partial',
    );
  });

  it.each([
    'registry.example.com',
    'registry.example.com:8443',
    'REGISTRY',
    'sppp_server:8080',
    '192.0.2.7:80',
    '[2001:db8::7]',
    '[2001:db8::7]:8443',
    '[::ffff:192.0.2.7]:1',
  ])('uses the Host %s with the scheme of the request', (host) => {
    expect(publicUrl({ ...reach, protocol: 'https', host })).toBe(`https://${host}/sppp/partial`);
  });

  it.each([
    undefined,
    '',
    ' ',
    'a b',
    'registry.example.com/evil',
    'registry.example.com?x',
    'registry.example.com#x',
    'user@registry.example.com',
    'a"><wsdl:port/>',
    "a' x='",
    'a&amp;b',
    'a,b.example',
    'registry.example.com\r\nX: y',
    'registry.example.com\n',
    'registry.example.com:',
    'registry.example.com:port',
    'registry.example.com:65536',
    'registry.example.com:808080',
    'a:1:2',
    '2001:db8::7',
    '[2001:db8::7',
    '[]',
    '[::1%25eth0]',
    '[1:2]',
    '300.1.2.3',
    'bücher.example',
    `${'a'.repeat(60)}.`.repeat(5),
  ])('falls back to the listening address for the Host %j', (host) => {
    expect(publicUrl({ ...reach, host })).toBe('http://127.0.0.1:8080/sppp/partial');
  });

  it('gives, for any Host at all, a URL of that very resource without user, query or fragment', () => {
    const character = fc.oneof(
      fc.constantFrom(...'ab0.-_:[]@/?#<>"&% \\'),
      fc.string({ unit: 'binary', maxLength: 1 }),
    );
    const host = fc.array(character, { maxLength: 12 }).map((characters) => characters.join(''));
    fc.assert(
      fc.property(host, (given) => {
        const url = new URL(publicUrl({ ...reach, host: given }));
        expect(url.pathname).toBe('/sppp/partial');
        expect([url.protocol, url.username, url.password, url.search, url.hash]).toEqual(['http:', '', '', '', '']);
      }),
      runs(1000),
    );
  });
});
