import { describe, expect, it } from 'vitest';
import { parseAuthorization } from '../http/digest-header.js';
import { digestResponse, ha1 } from '../values/http-digest.js';
import { DigestLogin } from './digest-login.js';

const sha = 'Digest realm="sppp", qop="auth", algorithm=SHA-256, nonce="n1", charset=UTF-8';
const md5 = 'Digest realm="sppp", qop="auth", algorithm=MD5, nonce="n1", charset=UTF-8';
const stale = `${sha.replace('n1', 'n2')}, stale=true`;

/** The parameters of a signed request, as the server reads them. */
function signed(login: DigestLogin, uri = '/sppp') {
  const header = login.sign('POST', uri)?.header;
  const read = parseAuthorization(header);
  if ('refused' in read) throw new Error(`${header}: ${JSON.stringify(read)}`);
  return read;
}

describe('a login', () => {
  it('signs nothing before it was challenged', () => {
    const login = new DigestLogin('ssp1', 'secret');
    expect([login.isReady, login.sign('POST', '/sppp')]).toEqual([false, undefined]);
  });

  it.each([
    ['SHA-256, the better one, wherever it stands', [md5, sha], 'SHA-256'],
    ['MD5 if nothing else is offered', [md5], 'MD5'],
    ['MD5 if no algorithm is named', ['Digest realm="sppp", qop="auth", nonce="n1"'], 'MD5'],
    ['the one that it knows', ['Digest realm="sppp", qop="auth", algorithm=SHA-512-256, nonce="n0"', sha], 'SHA-256'],
    ['both in one line', [`Basic realm="x, y", ${md5}, ${sha}`], 'SHA-256'],
    ['qop among others', [sha.replace('"auth"', '"auth-int, auth"')], 'SHA-256'],
  ] as const)('answers with %s', (_, lines, algorithm) => {
    const login = new DigestLogin('ssp1', 'secret');
    expect(login.challenged(lines, undefined)).toBe('again');
    const read = signed(login, '/sppp?a=b');
    expect(read).toMatchObject({ username: 'ssp1', realm: 'sppp', nonce: 'n1', nc: '00000001', uri: '/sppp?a=b' });
    expect(read.algorithm).toBe(algorithm.toLowerCase());
    expect(read.response).toBe(digestResponse(algorithm, ha1(algorithm, 'ssp1', 'sppp', 'secret'), 'POST', read));
  });

  it('sends the opaque value of the server back', () => {
    const login = new DigestLogin('ssp1', 'secret');
    login.challenged([`${sha}, opaque="5ccc"`], undefined);
    expect(login.sign('GET', '/')?.header).toContain('opaque="5ccc"');
  });

  it.each(['Jäsøn Doe', 'ssp"1\\', "o'Neil (é)"])('sends the user name %s so that the server reads it', (user) => {
    const login = new DigestLogin(user, 'pässword');
    login.challenged([sha], undefined);
    const read = signed(login);
    expect(read.username).toBe(user);
    expect(read.response).toBe(digestResponse('SHA-256', ha1('SHA-256', user, 'sppp', 'pässword'), 'POST', read));
  });

  it('counts its uses of a nonce, and begins again with the next one', () => {
    const login = new DigestLogin('ssp1', 'secret');
    login.challenged([sha], undefined);
    expect([signed(login).nc, signed(login).nc]).toEqual(['00000001', '00000002']);
    expect(login.challenged([stale], 'n1')).toBe('again');
    expect([signed(login).nonce, signed(login).nc]).toEqual(['n2', '00000002']);
  });

  it('is refused if what it signed is not stale', () => {
    const login = new DigestLogin('ssp1', 'wrong');
    login.challenged([sha], undefined);
    expect(login.challenged([sha.replace('n1', 'n2')], 'n1')).toBe('refused');
  });

  it('is not refused if another request has got a new nonce in the meantime, or two were challenged at once', () => {
    const login = new DigestLogin('ssp1', 'secret');
    login.challenged([sha], undefined);
    expect(login.challenged([sha.replace('n1', 'n3')], undefined)).toBe('again');
    expect(signed(login).nonce).toBe('n1');
    login.challenged([stale], 'n1');
    expect(login.challenged([stale.replace('n2', 'n4')], 'n1')).toBe('again');
    expect(signed(login).nonce).toBe('n2');
  });

  it.each([
    ['none', []],
    ['Basic', ['Basic realm="sppp"']],
    ['without qop', ['Digest realm="sppp", algorithm=SHA-256, nonce="n1"']],
    ['of sessions', [sha.replace('SHA-256', 'SHA-256-sess')]],
    ['broken', ['Digest realm="sppp']],
  ])('cannot answer a challenge that is %s', (_, lines) => {
    expect(new DigestLogin('ssp1', 'secret').challenged(lines, undefined)).toBe('unanswerable');
  });
});
