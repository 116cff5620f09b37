/** HTTP Digest as clients and attackers meet it (RFC 7616, RFC 7878 §5). */

import { Agent, request } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addCredential, revokeCredential } from '../../src/registry/access/administration.js';
import { type Answering, authorization, nonceOf } from '../support/digest-answer.js';
import { DigestClient, type Received, send } from '../support/digest-client.js';
import { addRequest, destGrp, envelope, readAnswer } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';

const HOUR_MS = 3_600_000;
const status = envelope('<s:spppServerStatusRequest/>');
const soap = { 'content-type': 'text/xml; charset=utf-8' };

let server: TestServer;
let now: number;
let nonce: string;

beforeAll(async () => {
  now = Date.now() + 60_000; // Credentials are valid from the moment they are made, by the database’s clock.
  server = await startServer({ clock: () => new Date(now) });
});
afterAll(() => server.close());
beforeEach(async () => {
  nonce = nonceOf(await post());
});

function post(headers: Record<string, string> = {}, path = '/sppp', body = status): Promise<Received> {
  return send(server.url + path, { method: 'POST', headers: { ...soap, ...headers }, body });
}

const answer = (answering: Partial<Answering> = {}, path?: string) =>
  post({ authorization: authorization({ nonce, ...answering }) }, path);

const isStale = ({ headers }: Received) => /stale=true/.test(String(headers['www-authenticate']));

describe('the server accepts', () => {
  it.each(['MD5', 'SHA-256'] as const)('a response by %s', async (algorithm) => {
    expect((await answer({ algorithm })).status).toBe(200);
  });

  it('a response by MD5 that names SHA-256, from clients that read the last challenge only', async () => {
    const header = authorization({ nonce, algorithm: 'MD5' }).replace('algorithm=MD5', 'algorithm=SHA-256');
    expect((await post({ authorization: header })).status).toBe(200);
    expect((await post({ authorization: header })).status).toBe(401);
  });

  it('a response by MD5 if only that is offered, in the only challenge', async () => {
    const alone = await startServer({ settings: { SPPP_DIGEST_MD5: 'only' } });
    try {
      const asked = await send(`${alone.url}/sppp`, { method: 'POST', headers: soap, body: status });
      expect(String(asked.headers['www-authenticate']).match(/algorithm=[\w-]+/g)).toEqual(['algorithm=MD5']);
      const at = async (algorithm: 'MD5' | 'SHA-256', nc: string) => {
        const header = authorization({ nonce: nonceOf(asked), algorithm, nc });
        const headers = { ...soap, authorization: header };
        return (await send(`${alone.url}/sppp`, { method: 'POST', headers, body: status })).status;
      };
      expect([await at('MD5', '00000001'), await at('SHA-256', '00000002')]).toEqual([200, 401]);
    } finally {
      await alone.close();
    }
  });

  it.each(['Jürgen Müßig', '周杰倫', 'Zoë'])('a user called %s, by either algorithm', async (username) => {
    const password = 'pässwörd ☎';
    const credential = { registrar: 'iana-en:226', username, label: '', ...secretsOf(username, password) };
    await addCredential(server.deps.database.prisma, credential);
    for (const algorithm of ['MD5', 'SHA-256'] as const) {
      expect(
        (await answer({ username, password, algorithm, nc: algorithm === 'MD5' ? '00000001' : '00000002' })).status,
      ).toBe(200);
    }
  });

  it('counts in any order, from parallel connections, each of them once', async () => {
    const counts = [7, 3, 900, 1, 2].map((nc) => nc.toString(16).padStart(8, '0'));
    const received = await Promise.all(counts.map((nc) => answer({ nc })));
    expect(received.map((each) => each.status)).toEqual([200, 200, 200, 200, 200]);
    expect((await answer({ nc: '00000003' })).status).toBe(401);
  });

  it('several credentials of one registrar, and a revoked one never again', async () => {
    const { prisma } = server.deps.database;
    for (const username of ['old', 'new']) {
      const secrets = secretsOf(username, username);
      await addCredential(prisma, { registrar: 'iana-en:223', username, label: username, ...secrets });
    }
    const login = (username: string, nc: string) => answer({ username, password: username, nc });
    expect([(await login('old', '00000001')).status, (await login('new', '00000002')).status]).toEqual([200, 200]);
    await revokeCredential(prisma, 'old', new Date(now));
    let nc = 3;
    while ((await login('old', String(nc++).padStart(8, '0'))).status === 200);
    expect((await login('new', '00000fff')).status).toBe(200);
    expect(await server.sql(`SELECT username, is_valid FROM sppp_api.credential WHERE label <> '' ORDER BY 1`)).toEqual(
      [
        { username: 'new', is_valid: true },
        { username: 'old', is_valid: false },
      ],
    );
  });

  it('a credential within its period of validity only', async () => {
    const secrets = secretsOf('brief', 'brief');
    const validUntil = new Date(now + HOUR_MS);
    await addCredential(server.deps.database.prisma, {
      registrar: 'iana-en:223',
      username: 'brief',
      label: '',
      ...secrets,
      validUntil,
    });
    const brief = { username: 'brief', password: 'brief' };
    expect((await answer({ ...brief, nc: '00000001' })).status).toBe(200);
    now += HOUR_MS;
    expect((await answer({ ...brief, nc: '00000002' })).status).toBe(401);
  });
});

describe('the server refuses', () => {
  it('a replayed response: the same header again', async () => {
    expect((await answer()).status).toBe(200);
    const again = await answer();
    expect(again.status).toBe(401);
    expect(isStale(again)).toBe(true); // The password is not the trouble.
  });

  it.each(['/sppp/partial', '/sppp/validate', '/sppp?x=1', '/SPPP'])(
    'an answer made for /sppp, on %s',
    async (path) => {
      expect([400, 404]).toContain((await answer({}, path)).status);
    },
  );

  it('a response for another method', async () => {
    expect((await answer({ method: 'GET' })).status).toBe(401);
  });

  it.each([
    ['a wrong', status],
    ['the right', ''],
  ])('qop auth-int, which was not offered, with %s hash of the body', async (_, body) => {
    const refused = await post({ authorization: authorization({ nonce, qop: 'auth-int' }) }, '/sppp', body);
    expect(refused.status).toBe(401);
    expect(isStale(refused)).toBe(false);
  });

  it.each<[string, (nonce: string) => string]>([
    ['one that we never made', () => Buffer.alloc(48, 7).toString('base64url')],
    ['ours with another time', (ours) => `B${ours.slice(1)}`],
    ['ours with another end', (ours) => `${ours.slice(0, -1)}${ours.endsWith('A') ? 'B' : 'A'}`],
    ['ours cut short', (ours) => ours.slice(0, -4)],
    ['ours twice', (ours) => ours + ours],
    ['none', () => ''],
  ])('a forged nonce: %s; the client gets a valid one', async (_, forge) => {
    const refused = await answer({ nonce: forge(nonce) });
    expect(refused.status).toBe(401);
    expect(isStale(refused)).toBe(true);
    expect((await answer({ nonce: nonceOf(refused) })).status).toBe(200);
  });

  it('a nonce of another registry', async () => {
    const other = await startServer();
    try {
      const foreign = nonceOf(await send(`${other.url}/sppp`, { method: 'POST', headers: soap, body: '' }));
      expect((await answer({ nonce: foreign })).status).toBe(401);
    } finally {
      await other.close();
    }
  });

  it('an old nonce: stale, and the client continues by itself', async () => {
    expect((await answer({ nc: '00000001' })).status).toBe(200);
    now += 8 * HOUR_MS + 1;
    const refused = await answer({ nc: '00000002' });
    expect({ code: refused.status, stale: isStale(refused) }).toEqual({ code: 401, stale: true });
    expect((await answer({ nonce: nonceOf(refused) })).status).toBe(200);
  });

  it.each<[string, Partial<Answering>]>([
    ['a wrong password', { password: 'ssp2' }],
    ['a user that is not there', { username: 'nobody' }],
    ['the password of another user', { password: 'ssp1' }],
    ['another realm', { realm: 'SPPP' }],
    ['a user name in another case', { username: 'SSP2R' }],
  ])('%s: the same answer for all, without a reason', async (_, wrong) => {
    const refused = await answer(wrong);
    expect(refused.status).toBe(401);
    expect(isStale(refused)).toBe(false);
    if (wrong.realm === undefined) expect(refused.text).toBe('The user name or password is wrong.\n');
  });

  it('an empty password, and the password’s hash in its place', async () => {
    expect((await answer({ password: '' })).status).toBe(401);
    expect((await answer({ password: secretsOf('ssp2r', 'ssp2r').ha1Sha256 })).status).toBe(401);
  });
});

describe('guessing', () => {
  it('10,000 wrong passwords are refused; during and after that, the right one works from another address', async ({
    skip,
  }) => {
    skip(process.platform !== 'linux', 'no second loopback address without being configured');
    const agent = new Agent({ keepAlive: true, maxSockets: 16 });
    const statuses = new Map<number, number>();
    let right = 0;
    let guesses = 0;
    const guess = async (n: number): Promise<void> => {
      const header = authorization({ nonce, nc: n.toString(16).padStart(8, '0'), password: `guess ${n}` });
      const code = await statusOf(agent, header, '127.0.0.1');
      statuses.set(code, (statuses.get(code) ?? 0) + 1);
    };
    const worker = async () => {
      while (guesses < 10_000) {
        const n = guesses++;
        await guess(n);
        if (n % 250 !== 0) continue;
        const header = authorization({ nonce, nc: (0x10000 + n).toString(16).padStart(8, '0') });
        if ((await statusOf(agent, header, '127.0.0.2')) === 200) right += 1;
      }
    };
    await Promise.all(Array.from({ length: 16 }, worker));
    agent.destroy();
    expect(right).toBe(40);
    expect([...statuses.keys()].sort()).toEqual([401, 429]);
    expect(statuses.get(401)).toBeLessThanOrEqual(10);
    now += 60_001;
    expect((await answer({ nc: '0000ffff' })).status).toBe(200);
  }, 120_000);

  it('gets the time to wait in Retry-After', async () => {
    const wrong = { username: 'ssp3', password: 'x' };
    for (let n = 0; n < 10; n++) expect((await answer(wrong)).status).toBe(401);
    const refused = await answer({ username: 'ssp3', password: 'ssp3' });
    expect(refused.status).toBe(429);
    expect(Number(refused.headers['retry-after'])).toBe(60);
    now += 60_000;
    expect((await answer({ username: 'ssp3', password: 'ssp3' })).status).toBe(200);
  });

  it('does not include Basic headers: they get a challenge for Digest, any number of times', async () => {
    const basic = (password: string) => ({
      authorization: `Basic ${Buffer.from(`ssp4:${password}`).toString('base64')}`,
    });
    for (let n = 0; n < 30; n++) {
      const refused = await post(basic(n % 2 === 0 ? 'wrong' : 'ssp4'));
      expect({ code: refused.status, stale: isStale(refused) }).toEqual({ code: 401, stale: false });
    }
    expect((await answer({ username: 'ssp4', password: 'ssp4' })).status).toBe(200);
  });
});

function statusOf(agent: Agent, header: string, localAddress: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', agent, localAddress, headers: { ...soap, authorization: header } };
    const outgoing = request(`${server.url}/sppp`, options, (incoming) => {
      incoming.resume().on('end', () => resolve(incoming.statusCode ?? 0));
    });
    outgoing.on('error', reject).end(status);
  });
}

describe('Expect: 100-continue', () => {
  const expecting = (header?: string) => ({
    'Content-Type': 'text/xml',
    'Content-Length': String(Buffer.byteLength(status)),
    Expect: '100-continue',
    ...(header === undefined ? {} : { Authorization: header }),
  });

  it.each<[string, () => string | undefined, number]>([
    ['nobody', () => undefined, 401],
    ['a wrong password', () => authorization({ nonce, password: 'wrong' }), 401],
    ['a forged nonce', () => authorization({ nonce: 'x' }), 401],
    ['another resource', () => authorization({ nonce, uri: '/other' }), 400],
  ])('by %s: refused at once, without 100 Continue', async (_, header, code) => {
    const connection = await RawConnection.open(server.url);
    connection.writeHead('POST', '/sppp', expecting(header()));
    expect((await connection.answer()).status).toBe(code);
    connection.close();
  });

  it('by an authenticated client: 100 Continue, then the answer', async () => {
    const connection = await RawConnection.open(server.url);
    connection.writeHead('POST', '/sppp', expecting(authorization({ nonce })));
    expect((await connection.answer()).status).toBe(100);
    connection.write(status);
    expect((await connection.answer()).status).toBe(200);
    connection.close();
  });

  it('by an authenticated client with an unsupported body: refused without its body', async () => {
    const connection = await RawConnection.open(server.url);
    const headers = { ...expecting(authorization({ nonce })), 'Content-Length': '999999999999' };
    connection.writeHead('POST', '/sppp', headers);
    expect((await connection.answer()).status).toBe(413);
    connection.close();
  });
});

it('a client like those of toolkits adds an object with all of these checks', async () => {
  const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
  for (let n = 0; n < 3; n++) {
    const { text } = await client.send(`${server.url}/sppp`, {
      method: 'POST',
      headers: soap,
      body: addRequest(destGrp(`D_${n}`)),
    });
    expect(readAnswer(text).code).toBe(1000);
    now += 5 * HOUR_MS;
  }
});
