import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { challenges, parseAuthorization } from './digest-header.js';

const rest = 'realm="r", nonce="n", uri="/sppp", response="0a", qop=auth, nc=00000001, cnonce="c"';
const usernameOf = (parameter: string): unknown => {
  const answer = parseAuthorization(`Digest ${parameter}, ${rest}`);
  return 'refused' in answer ? answer.refused : answer.username;
};
const bytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

describe('parseAuthorization', () => {
  it('reads the example of RFC 7616 §3.9.1', () => {
    const header =
      'Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256, ' +
      'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, ' +
      'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth, ' +
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1", ' +
      'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
    expect(parseAuthorization(header)).toEqual({
      username: 'Mufasa',
      userhash: false,
      realm: 'http-auth@example.org',
      uri: '/dir/index.html',
      algorithm: 'sha-256',
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      nc: '00000001',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
      qop: 'auth',
      response: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    });
  });

  it.each([undefined, '', 'Basic QWxhZGRpbjpvcGVu', 'Bearer abc', 'Digestive a=b'])('%j is not Digest', (header) => {
    expect(parseAuthorization(header)).toEqual({ refused: 'missing' });
  });

  it('accepts the scheme and names in any case, odd spacing, empty list elements', () => {
    const header = `DIGEST ,, USERNAME = "u" ,\t${rest.replaceAll(', ', ' ,,')} , ,`;
    expect(parseAuthorization(header)).toMatchObject({ username: 'u', nc: '00000001', uri: '/sppp' });
  });

  it('accepts quoted tokens and unquoted short strings', () => {
    const header =
      'Digest username=u, realm=r, nonce=n, uri="/sppp", response=0A, qop="auth", nc="0000000f", cnonce=c, algorithm="md5"';
    expect(parseAuthorization(header)).toMatchObject({ username: 'u', response: '0a', qop: 'auth', nc: '0000000f' });
  });

  it('assumes MD5 if no algorithm is named', () => {
    expect(parseAuthorization(`Digest username="u", ${rest}`)).toMatchObject({ algorithm: 'md5' });
  });

  it.each([
    ['"u"', 'u'],
    ['"a\\"b\\\\c"', 'a"b\\c'],
    ['"a, realm=b"', 'a, realm=b'],
    ['""', ''],
    [`"${bytes('Jäsøn Doe')}"`, 'Jäsøn Doe'],
    [`"${bytes('電話会社')}"`, '電話会社'],
    ['"J\u00e4s\u00f8n"', 'Jäsøn'],
  ])('username=%s is %s', (written, name) => {
    expect(usernameOf(`username=${written}`)).toBe(name);
  });

  it.each([
    ["UTF-8''J%C3%A4s%C3%B8n%20Doe", 'Jäsøn Doe'],
    ["utf-8'en'a%27b", "a'b"],
    ["UTF-8''plain", 'plain'],
  ])('username*=%s is %s', (written, name) => {
    expect(usernameOf(`username*=${written}`)).toBe(name);
  });

  it.each([
    "username*=ISO-8859-1''J%E4s",
    "username*=UTF-8''J%E4s",
    "username*=UTF-8''J%C",
    "username*=UTF-8''",
    'username*=plain',
    'username*="UTF-8\'\'plain"',
    "username=u, username*=UTF-8''u",
    'username="u", username="u"',
    'username="u", USERNAME="v"',
    'username="u", x=1, x=1',
    'username="u" realm="r"',
    'username="u',
    'username="u\\"',
    'username="u"x',
    'username=',
    'username',
    'username="a\x01b"',
    'username="a\\\x7fb"',
    'user name="u"',
    '=u',
    'dXNlcm5hbWU=',
    'x="y"',
  ])('refuses %s', (parameter) => {
    expect(usernameOf(parameter)).toBe('malformed');
  });

  it.each(['realm', 'nonce', 'uri', 'response', 'qop', 'nc', 'cnonce'])('refuses a header without %s', (name) => {
    const left = rest.split(', ').filter((parameter) => !parameter.startsWith(`${name}=`));
    const answer = parseAuthorization(`Digest username="u", ${left.join(', ')}`);
    expect(answer).toEqual({ refused: 'malformed', because: `it has no ${name}` });
  });

  it.each(['1', '0000001', '000000001', '0000000g', '', '-0000001', '0x000001'])('refuses nc="%s"', (nc) => {
    const header = `Digest username="u", ${rest.replace('nc=00000001', `nc="${nc}"`)}`;
    expect(parseAuthorization(header)).toMatchObject({ refused: 'malformed' });
  });

  it('refuses an empty cnonce and a response that is not hex', () => {
    for (const [good, bad] of [
      ['cnonce="c"', 'cnonce=""'],
      ['response="0a"', 'response="xyz"'],
      ['response="0a"', 'response=""'],
    ] as const) {
      expect(parseAuthorization(`Digest username="u", ${rest.replace(good, bad)}`)).toMatchObject({
        refused: 'malformed',
      });
    }
  });

  it('reads every quoted value as the client meant it', () => {
    const text = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((c) => String.fromCharCode(c)) });
    const visible = text.map((value) => value.replace(/[\x7f-\x9f]/g, ''));
    fc.assert(
      fc.property(visible, visible, (nonce, uri) => {
        const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`;
        const header = `Digest username="u", realm="r", nonce=${quoted(nonce)}, uri=${quoted(uri)}, response=00, qop=auth, nc=00000001, cnonce=c`;
        expect(parseAuthorization(header)).toMatchObject({ nonce, uri });
      }),
    );
  });

  it('answers any header, and a long one quickly', () => {
    const piece = fc.constantFrom(
      'username=',
      '"',
      '\\',
      ',',
      ' ',
      '=',
      'nc',
      "UTF-8''",
      '%',
      'é',
      '\x00',
      'x',
      '*',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        expect(parseAuthorization(`Digest ${pieces.join('')}`)).toHaveProperty('refused', 'malformed');
      }),
    );
    // In more than linear time these would outlast the limit of the test.
    for (const flood of ['a', ' ', ',', '"', '\\', 'a=b,', 'a= ', 'username="\\a', '%']) {
      parseAuthorization(`Digest x="${flood.repeat(50_000)}`);
      parseAuthorization(`Digest ${flood.repeat(50_000)}`);
    }
  });
});

describe('challenges', () => {
  const common = { realm: 'sppp.example.org', nonce: 'abc', stale: false, md5: 'on' } as const;

  it('offers MD5, then SHA-256, each on a line of its own', () => {
    expect(challenges(common)).toEqual([
      'Digest realm="sppp.example.org", qop="auth", algorithm=MD5, nonce="abc", charset=UTF-8',
      'Digest realm="sppp.example.org", qop="auth", algorithm=SHA-256, nonce="abc", charset=UTF-8',
    ]);
  });

  it('offers SHA-256 alone when MD5 is switched off', () => {
    expect(challenges({ ...common, md5: 'off' })).toEqual([expect.stringContaining('algorithm=SHA-256')]);
    expect(challenges({ ...common, md5: 'only' })).toEqual([expect.stringContaining('algorithm=MD5')]);
  });

  it('says stale only for a nonce that can no longer be used', () => {
    for (const line of challenges({ ...common, stale: true })) expect(line).toMatch(/, stale=true$/);
    for (const line of challenges(common)) expect(line).not.toContain('stale');
  });

  it('writes a realm that clients send back unchanged', () => {
    const realms = fc.string().map((text) => text.replace(/["\\]/g, ''));
    fc.assert(
      fc.property(realms, (realm) => {
        const [line = ''] = challenges({ ...common, realm });
        const written = /realm=("[^"]*")/.exec(line)?.[1] ?? '';
        const answer = parseAuthorization(`Digest username="u", ${rest.replace('"r"', () => written)}`);
        expect(answer).toMatchObject({ realm });
      }),
    );
  });

  it.each(['a\r\nset-cookie: b', 'a\n', 'a\x7f', 'Müller', 'a "b"', 'a\\b'])('throws on the realm %j', (realm) => {
    expect(() => challenges({ ...common, realm })).toThrow('printable ASCII');
  });
});
