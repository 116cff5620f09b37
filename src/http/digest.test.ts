import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, request, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ha1 } from '../values/http-digest.js';
import { type DigestContext, type DigestOutcome, digestRefusal, verifyDigest } from './digest.js';
import { FailedLogins } from './failed-logins.js';
import { Nonces } from './nonce.js';
import { NonceCounts } from './nonce-counts.js';

const HOUR_MS = 3_600_000;
const realm = 'sppp.example.org';

interface Credential {
  readonly registrar: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
}

function credential(registrar: string, username: string, password: string): Credential {
  return {
    registrar,
    ha1Md5: ha1('MD5', username, realm, password),
    ha1Sha256: ha1('SHA-256', username, realm, password),
  };
}

const credentials = new Map([
  ['carrier', credential('iana-en:1', 'carrier', 'open sesame')],
  ['Jäsøn "J" \\ Doe', credential('iana-en:2', 'Jäsøn "J" \\ Doe', 'pässword')],
]);
const findCredential = async (username: string): Promise<Credential | undefined> => credentials.get(username);

let now: number;
let digestContext: DigestContext;

beforeEach(() => {
  now = Date.UTC(2026, 10, 1);
  digestContext = digestContextOf(randomBytes(32));
});

function digestContextOf(key: Buffer): DigestContext {
  const clock = (): number => now;
  const nonces = new Nonces(key, clock);
  return { realm, md5: 'on', basePath: '', nonces, counts: new NonceCounts(), failedLogins: new FailedLogins(clock) };
}

/** A Digest client as RFC 7616 has it, sharing nothing with the code under test. */
interface Answer {
  username?: string;
  password?: string;
  realm?: string;
  nonce?: string;
  nc?: string;
  cnonce?: string;
  qop?: string;
  method?: string;
  uri?: string;
  algorithm?: string;
  more?: string;
}

function authorization(answer: Answer): string {
  const { username = 'carrier', password = 'open sesame', nonce = '', nc = '00000001', qop = 'auth' } = answer;
  const { cnonce = 'q8h1', method = 'POST', uri = '/sppp', algorithm = 'SHA-256' } = answer;
  const hash = (text: string): string =>
    createHash(/^md5/i.test(algorithm) ? 'md5' : 'sha256')
      .update(text, 'utf8')
      .digest('hex');
  const a1 = `${username}:${answer.realm ?? realm}:${password}`;
  const a2 = `${method}:${uri}`;
  const response = hash(`${hash(a1)}:${nonce}:${nc}:${cnonce}:${qop}:${hash(a2)}`);
  const quoted = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`;
  return (
    `Digest username=${quoted(username)}, realm=${quoted(answer.realm ?? realm)}, nonce="${nonce}", uri="${uri}", ` +
    `algorithm=${algorithm}, qop=${qop}, nc=${nc}, cnonce="${cnonce}", response="${response}"${answer.more ?? ''}`
  );
}

interface Seen {
  method?: string;
  target?: string;
  address?: string;
  at?: DigestContext;
}

/** Asks the code under test; the nonce is a fresh one unless given. */
async function judge(answer: Answer, seen: Seen = {}): Promise<DigestOutcome<Credential>> {
  const header = authorization({ nonce: digestContext.nonces.make(), ...answer });
  return verifyDigest(
    {
      method: seen.method ?? 'POST',
      target: seen.target ?? '/sppp',
      authorization: Buffer.from(header, 'utf8').toString('latin1'),
      address: seen.address ?? '192.0.2.1',
    },
    seen.at ?? digestContext,
    findCredential,
  );
}

const carrier = { credential: credentials.get('carrier') };

describe('verifyDigest', () => {
  it('is judged at once where the credential is found at once', () => {
    const header = authorization({ nonce: digestContext.nonces.make() });
    const asked = { method: 'POST', target: '/sppp', authorization: header, address: '192.0.2.1' };
    expect(verifyDigest(asked, digestContext, (username) => credentials.get(username))).toEqual(carrier);
  });

  it('accepts and refuses responses of both lengths in any order', async () => {
    for (const algorithm of ['SHA-256', 'MD5', 'MD5', 'SHA-256', 'MD5']) {
      expect(await judge({ algorithm })).toEqual(carrier);
      expect(await judge({ algorithm, password: 'guess' })).toEqual({ refused: 'wrong', username: 'carrier' });
    }
  });

  it.each(['MD5', 'md5', 'SHA-256', 'sha-256'])('accepts the right password with %s', async (algorithm) => {
    expect(await judge({ algorithm })).toEqual(carrier);
  });

  it('accepts quotes, backslashes and UTF-8 in a user name', async () => {
    const verdict = await judge({ username: 'Jäsøn "J" \\ Doe', password: 'pässword' });
    expect(verdict).toMatchObject({ credential: { registrar: 'iana-en:2' } });
  });

  it('accepts a user name hashed as UTF-8 and sent as Latin-1', async () => {
    const header = authorization({
      nonce: digestContext.nonces.make(),
      username: 'Jäsøn "J" \\ Doe',
      password: 'pässword',
    });
    const asked = { method: 'POST', target: '/sppp', authorization: header, address: '192.0.2.1' };
    expect(await verifyDigest(asked, digestContext, findCredential)).toMatchObject({
      credential: { registrar: 'iana-en:2' },
    });
  });

  const wrong: Answer[] = [
    { password: 'open Sesame' },
    { username: 'Carrier' },
    { username: 'nobody' },
    { method: 'GET' },
  ];

  it.each(wrong)('refuses %j as wrong', async (answer) => {
    expect(await judge(answer)).toEqual({ refused: 'wrong', username: answer.username ?? 'carrier' });
  });

  it('refuses an unknown user even with the response that the dummy hash would give', async () => {
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
    const nonce = digestContext.nonces.make();
    const dummy = hash(`${'0'.repeat(64)}:${nonce}:00000001:q8h1:auth:${hash('POST:/sppp')}`);
    const header = authorization({ nonce, username: 'nobody' }).replace(/response="\w+"/, `response="${dummy}"`);
    const asked = { method: 'POST', target: '/sppp', authorization: header, address: '192.0.2.1' };
    expect(await verifyDigest(asked, digestContext, findCredential)).toEqual({ refused: 'wrong', username: 'nobody' });
  });

  it('refuses a response that is cut short or of the other algorithm', async () => {
    const nonce = digestContext.nonces.make();
    for (const header of [
      authorization({ nonce }).replace(/response="(\w+)\w"/, 'response="$1"'),
      authorization({ nonce }).replace('algorithm=SHA-256, ', ''),
    ]) {
      const asked = { method: 'POST', target: '/sppp', authorization: header, address: '192.0.2.1' };
      expect(await verifyDigest(asked, digestContext, findCredential)).toMatchObject({ refused: 'wrong' });
    }
  });

  it.each(['SHA-256', 'sha-256', 'MD5-sess', 'SHA-512-256'])(
    'lets an MD5 answer in that says it is %s, while MD5 is offered, and guesses no more often for it',
    async (label) => {
      const labelled = (password?: string) => ({
        method: 'POST',
        target: '/sppp',
        address: '192.0.2.1',
        authorization: authorization({
          nonce: digestContext.nonces.make(),
          algorithm: 'MD5',
          ...(password === undefined ? {} : { password }),
        }).replace('algorithm=MD5', `algorithm=${label}`),
      });
      for (const md5 of ['on', 'only'] as const) {
        expect(await verifyDigest(labelled(), { ...digestContext, md5 }, findCredential)).toEqual(carrier);
      }
      const off = await verifyDigest(labelled(), { ...digestContext, md5: 'off' }, findCredential);
      expect('refused' in off && off.refused).toMatch(/^(?:notOffered|wrong)$/);
      for (let n = 0; n < 10; n++) {
        expect(await verifyDigest(labelled('guess'), digestContext, findCredential)).not.toEqual(carrier);
      }
      expect(await verifyDigest(labelled(), digestContext, findCredential)).toMatchObject({ refused: 'throttled' });
    },
  );

  it('refuses SHA-256 where MD5 alone is offered', async () => {
    const at: DigestContext = { ...digestContext, md5: 'only' };
    expect(await judge({}, { at })).toEqual({ refused: 'notOffered', because: 'the algorithm' });
    expect(await judge({ algorithm: 'MD5' }, { at })).toEqual(carrier);
  });

  it.each([
    [{ algorithm: 'MD5-sess', password: 'guess' }, 'the algorithm'],
    [{ algorithm: 'SHA-256-sess' }, 'the algorithm'],
    [{ algorithm: 'SHA-512-256' }, 'the algorithm'],
    [{ qop: 'auth-int' }, 'the qop'],
    [{ realm: 'elsewhere' }, 'the realm'],
    [{ more: ', userhash=true' }, 'userhash'],
  ])('refuses %j as not offered', async (answer, because) => {
    expect(await judge(answer)).toEqual({ refused: 'notOffered', because });
  });

  it('refuses MD5 once it is switched off, SHA-256 never', async () => {
    const at: DigestContext = { ...digestContext, md5: 'off' };
    expect(await judge({ algorithm: 'MD5' }, { at })).toEqual({ refused: 'notOffered', because: 'the algorithm' });
    expect(await judge({}, { at })).toEqual(carrier);
  });

  it.each([
    ['/sppp', 'http://registry.example/sppp'],
    ['https://registry.example:8443/sppp?a=b', '/sppp?a=b'],
    ['HTTP://registry.example', '/'],
    ['http://registry.example?a', '/?a'],
    ['/lookup/tel%3A%2B1?a=%26', '/lookup/tel:+1?a=%26'],
    ['/lookup/%e4', '/lookup/%e4'],
  ])('uri %s is signed for target %s', async (uri, target) => {
    expect(await judge({ uri }, { target })).toEqual(carrier);
  });

  it.each([
    ['/sppp', '/sppp/partial'],
    ['/sppp', '/sppp?wsdl'],
    ['/sppp?a=b', '/sppp'],
    ['/SPPP', '/sppp'],
    ['/sppp/', '/sppp'],
    ['http://registry.example/other', '/sppp'],
    ['ftp://registry.example/sppp', '/sppp'],
    ['', '/sppp'],
  ])('uri %j is not signed for target %s', async (uri, target) => {
    expect(await judge({ uri }, { target })).toEqual({ refused: 'misdirected' });
  });

  it('accepts counts in any order and case, each once', async () => {
    const nonce = digestContext.nonces.make();
    for (const nc of ['00000003', '00000001', '0000000A', '0000000b', 'ffffffff', '00000002']) {
      expect(await judge({ nonce, nc })).toEqual(carrier);
    }
    for (const nc of ['00000003', '0000000a', '0000000B']) {
      expect(await judge({ nonce, nc })).toEqual({ refused: 'replayed' });
    }
  });

  it('a wrong password uses up no count', async () => {
    const nonce = digestContext.nonces.make();
    expect(await judge({ nonce, password: 'guess' })).toMatchObject({ refused: 'wrong' });
    expect(await judge({ nonce })).toEqual(carrier);
  });

  it('accepts a header that is sent twice at once only once', async () => {
    const nonce = digestContext.nonces.make();
    const verdicts = await Promise.all([judge({ nonce }), judge({ nonce })]);
    expect(verdicts).toEqual([carrier, { refused: 'replayed' }]);
  });

  it('says stale if it no longer knows the counts of a nonce', async () => {
    const at = { ...digestContext, counts: new NonceCounts({ nonces: 1, spans: 8 }) };
    const nonce = digestContext.nonces.make();
    expect(await judge({ nonce }, { at })).toEqual(carrier);
    now += 1;
    expect(await judge({}, { at })).toEqual(carrier);
    expect(await judge({ nonce, nc: '00000002' }, { at })).toEqual({ refused: 'stale' });
  });

  it('distinguishes stale nonces from forged ones, with the right password or not', async () => {
    const nonce = digestContext.nonces.make();
    now += 8 * HOUR_MS + 1;
    expect(await judge({ nonce })).toEqual({ refused: 'stale' });
    expect(await judge({ nonce, password: 'guess' })).toEqual({ refused: 'stale' });
    expect(await judge({ nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093' })).toEqual({ refused: 'forged' });
  });

  it('a nonce of one node is valid on another and after a restart', async () => {
    const key = randomBytes(32);
    const nonce = digestContextOf(key).nonces.make();
    expect(await judge({ nonce }, { at: digestContextOf(key) })).toEqual(carrier);
    expect(await judge({ nonce, nc: '00000002' }, { at: digestContextOf(key) })).toEqual(carrier);
  });

  it('throws the error of the credential look-up', async () => {
    const broken = { method: 'POST', target: '/sppp', address: '192.0.2.1' };
    const header = authorization({ nonce: digestContext.nonces.make() });
    const down = async (): Promise<Credential | undefined> => {
      throw new Error('the database is gone');
    };
    await expect(verifyDigest({ ...broken, authorization: header }, digestContext, down)).rejects.toThrow(
      'database is gone',
    );
  });
});

describe('throttling', () => {
  async function guess(times: number, username = 'carrier', address = '192.0.2.1'): Promise<void> {
    for (let i = 0; i < times; i++) await judge({ username, password: `guess ${i}` }, { address });
  }

  it('locks a pair out after ten wrong passwords, and looks nothing up meanwhile', async () => {
    await guess(10);
    const asked = { method: 'POST', target: '/sppp', address: '192.0.2.1' };
    const header = authorization({ nonce: digestContext.nonces.make() });
    const unreached = async (): Promise<Credential | undefined> => {
      throw new Error('looked up');
    };
    const verdict = await verifyDigest({ ...asked, authorization: header }, digestContext, unreached);
    expect(verdict).toEqual({ refused: 'throttled', username: 'carrier', retryAfter: 60 });
    now += 60_000;
    expect(await judge({})).toEqual(carrier);
  });

  it('locks unknown users out in the same way', async () => {
    await guess(10, 'nobody');
    expect(await judge({ username: 'nobody' })).toMatchObject({ refused: 'throttled' });
  });

  it('accepts the user from another address, and other users from that one, after 10,000 wrong passwords', async () => {
    await guess(10_000);
    expect(await judge({})).toMatchObject({ refused: 'throttled' });
    expect(await judge({}, { address: '192.0.2.2' })).toEqual(carrier);
    expect(await judge({ username: 'Jäsøn "J" \\ Doe', password: 'pässword' })).toHaveProperty('credential');
  });

  it('starts anew after a success', async () => {
    await guess(9);
    expect(await judge({})).toEqual(carrier);
    await guess(9);
    expect(await judge({})).toEqual(carrier);
  });

  it('checks only ten guesses, even if a hundred come at the same time', async () => {
    const verdicts = await Promise.all(Array.from({ length: 100 }, (_, i) => judge({ password: `guess ${i}` })));
    const refusals = verdicts.map((verdict) => 'refused' in verdict && verdict.refused);
    expect(refusals.filter((refused) => refused === 'wrong')).toHaveLength(10);
    expect(refusals.filter((refused) => refused === 'throttled')).toHaveLength(90);
  });

  it('does not count stale, replayed, misdirected or unreadable headers, Basic, or requests without a header', async () => {
    const nonce = digestContext.nonces.make();
    await judge({ nonce });
    for (let i = 0; i < 20; i++) {
      await judge({ nonce });
      await judge({ nonce: 'forged', password: 'guess' });
      await judge({ uri: '/other' });
      for (const header of [undefined, 'Basic Y2FycmllcjpndWVzcw==', 'Digest username="carrier"']) {
        const asked = { method: 'POST', target: '/sppp', authorization: header, address: '192.0.2.1' };
        await verifyDigest(asked, digestContext, findCredential);
      }
    }
    expect(await judge({})).toEqual(carrier);
  });
});

describe('a server behind it', () => {
  let server: Server;
  let port: number;

  beforeEach(async () => {
    server = createServer(async (asked, answer) => {
      asked.resume();
      const { method = '', url = '', headers, socket } = asked;
      const seen = { method, target: url, authorization: headers.authorization, address: socket.remoteAddress ?? '' };
      const verdict = await verifyDigest(seen, digestContext, findCredential);
      if ('credential' in verdict) {
        answer.end(verdict.credential.registrar);
      } else {
        const refusal = digestRefusal(verdict, digestContext);
        for (const [name, value] of Object.entries(refusal.headers)) answer.setHeader(name, value);
        answer.writeHead(refusal.status).end(refusal.reason);
      }
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    const bound = server.address();
    port = typeof bound === 'object' && bound !== null ? bound.port : 0;
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  async function post(
    header?: string,
  ): Promise<{ status: number; lines: string[]; headers: IncomingMessage['headers'] }> {
    const headers = header === undefined ? {} : { authorization: Buffer.from(header, 'utf8').toString('latin1') };
    return new Promise((resolve, reject) => {
      const asked = request({ port, host: '127.0.0.1', method: 'POST', path: '/sppp', headers }, (answer) => {
        answer.resume();
        const lines = answer.rawHeaders.filter((_, i, raw) => raw[i - 1]?.toLowerCase() === 'www-authenticate');
        resolve({ status: answer.statusCode ?? 0, lines, headers: answer.headers });
      });
      // A string would be joined with the headers and encode them anew.
      asked.on('error', reject).end(Buffer.from('<x/>'));
    });
  }

  const nonceIn = (line = ''): string => /nonce="([^"]+)"/.exec(line)?.[1] ?? '';

  it.each([
    ['MD5', 0],
    ['SHA-256', 1],
  ])('challenges on two lines, and accepts a client that answers the %s one', async (algorithm, line) => {
    const first = await post();
    expect(first.status).toBe(401);
    expect(first.lines).toHaveLength(2);
    expect(first.lines[line]).toContain(`algorithm=${algorithm}`);
    const nonce = nonceIn(first.lines[line]);
    expect((await post(authorization({ nonce, algorithm }))).status).toBe(200);
    expect((await post(authorization({ nonce, algorithm, nc: '00000002' }))).status).toBe(200);
  });

  it('accepts a user name that needs quoting and UTF-8', async () => {
    const nonce = nonceIn((await post()).lines[0]);
    const header = authorization({ nonce, username: 'Jäsøn "J" \\ Doe', password: 'pässword' });
    expect((await post(header)).status).toBe(200);
  });

  it('says stale=true for faults that a new nonce corrects, and accepts the new nonce', async () => {
    const nonce = nonceIn((await post()).lines[0]);
    await post(authorization({ nonce }));
    const replayed = await post(authorization({ nonce }));
    now += 9 * HOUR_MS;
    const stale = await post(authorization({ nonce, nc: '00000002' }));
    const forged = await post(authorization({ nonce: 'made-up' }));
    for (const { status, lines } of [replayed, stale, forged]) {
      expect(status).toBe(401);
      expect(lines.every((line) => line.endsWith('stale=true'))).toBe(true);
    }
    expect((await post(authorization({ nonce: nonceIn(stale.lines[0]) }))).status).toBe(200);
  });

  it('answers a wrong password, and a value that was not offered, with 401 and no stale', async () => {
    const nonce = nonceIn((await post()).lines[0]);
    for (const answer of [{ password: 'guess' }, { username: 'nobody' }, { algorithm: 'SHA-512-256' }]) {
      const { status, lines } = await post(authorization({ nonce, ...answer }));
      expect(status).toBe(401);
      expect(lines).toHaveLength(2);
      expect(lines.join()).not.toContain('stale');
    }
  });

  it('answers Basic with a plain 401', async () => {
    const { status, lines } = await post('Basic Y2FycmllcjpndWVzcw==');
    expect(status).toBe(401);
    expect(lines.join()).not.toContain('stale');
  });

  it('answers 400 for an unreadable header and another resource', async () => {
    const nonce = nonceIn((await post()).lines[0]);
    expect(await post('Digest username="carrier"')).toMatchObject({ status: 400, lines: [] });
    expect(await post(authorization({ nonce, uri: '/other' }))).toMatchObject({ status: 400, lines: [] });
  });

  it('answers 429 with Retry-After while throttled', async () => {
    const nonce = nonceIn((await post()).lines[0]);
    for (let i = 0; i < 10; i++) await post(authorization({ nonce, password: `guess ${i}` }));
    const { status, headers } = await post(authorization({ nonce }));
    expect(status).toBe(429);
    expect(headers['retry-after']).toBe('60');
  });
});
