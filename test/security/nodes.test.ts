/** Logins at several nodes of one registry: a header that one node has accepted is good at none. */

import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { openDeps } from '../../src/deps.js';
import { openLookupDeps } from '../../src/lookup-deps.js';
import { serveLookups } from '../../src/lookup-server.js';
import { serve } from '../../src/server.js';
import { type Answering, authorization, nonceOf } from '../support/digest-answer.js';
import { type Received, send } from '../support/digest-client.js';
import { addRequest, destGrp, envelope } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const MINUTE_MS = 60_000;
const config = readConfig({ SPPP_PORT: '0', SPPP_DATABASE_CONNECTIONS: '6' });
const log = pino({ level: 'silent' });
const soap = { 'content-type': 'text/xml; charset=utf-8' };
const status = envelope('<s:spppServerStatusRequest/>');
const lookup = '/lookup/%2B12025550101?asker=iana-en%3A111';

interface Node {
  readonly url: string;
  close(): Promise<void>;
}

let now: number;
let first: TestServer;
let others: Node[] = [];

beforeAll(async () => {
  now = Date.now() + MINUTE_MS; // Credentials are valid from the moment they are made, by the database’s clock.
  first = await startServer({ clock: () => new Date(now) });
});
afterEach(async () => {
  await Promise.all(others.map((node) => node.close()));
  others = [];
});
afterAll(() => first.close());

async function another(kind: 'node' | 'lookups only' = 'node'): Promise<Node> {
  const outside = { databaseUrl: first.databaseUrl, log, clock: () => new Date(now), durable: false };
  const listen = async () => {
    if (kind === 'node') {
      const deps = await openDeps(config, outside);
      return { deps, server: await serve(deps) };
    }
    const deps = await openLookupDeps(config, outside);
    return { deps, server: await serveLookups(deps) };
  };
  const { deps, server } = await listen();
  const node: Node = {
    url: server.url,
    close: async () => {
      others = others.filter((other) => other !== node);
      await server.close();
      await deps.close();
    },
  };
  others.push(node);
  return node;
}

const challenge = async ({ url }: Pick<Node, 'url'>) => nonceOf(await send(url + lookup));
const hex = (nc: number) => nc.toString(16).padStart(8, '0');
const isStale = ({ headers }: Received) => /stale=true/.test(String(headers['www-authenticate']));

/** One request, as its client has signed it. */
type Signed = (at: Pick<Node, 'url'>) => Promise<Received>;

function signed(answering: Answering & { readonly nc: string }, body?: string): Signed {
  const { method = 'POST', uri = '/sppp' } = answering;
  const headers = { ...(body === undefined ? {} : soap), authorization: authorization(answering) };
  return ({ url }) => send(url + uri, { method, headers, body });
}

const kinds: readonly (readonly [string, (nonce: string, nc: number) => Signed])[] = [
  ['POST /sppp', (nonce, nc) => signed({ nonce, nc: hex(nc) }, status)],
  ['GET /lookup', (nonce, nc) => lookingUp(nonce, nc)],
  [
    'GET /transaction',
    (nonce, nc) => signed({ nonce, nc: hex(nc), method: 'GET', uri: '/transaction?clientTransId=none' }),
  ],
];

function lookingUp(nonce: string, nc: number): Signed {
  const login = { username: 'ssp1', password: 'ssp1' };
  return signed({ nonce, nc: hex(nc), method: 'GET', uri: lookup, ...login });
}

async function expectRefused(request: Signed, ...nodes: readonly Pick<Node, 'url'>[]): Promise<void> {
  for (const node of nodes) {
    const answer = await request(node);
    expect({ status: answer.status, isStale: isStale(answer) }).toEqual({ status: 401, isStale: true });
  }
}

describe.each(kinds)('%s', (_, request) => {
  it('a header is good at one node only; the nonce goes on working at both', async () => {
    const second = await another();
    const nonce = await challenge(first);
    const captured = request(nonce, 1);
    expect((await captured(first)).status).toBe(200);
    await expectRefused(captured, second, first);
    for (let nc = 2; nc <= 9; nc++) expect((await request(nonce, nc)(nc % 2 === 0 ? second : first)).status).toBe(200);
    const early = request(nonce, 20);
    expect((await early(second)).status).toBe(200);
    expect((await request(nonce, 15)(first)).status).toBe(200);
    await expectRefused(early, first, second);
  });

  it('after a restart the nonce goes on working, and what was used before it is refused', async () => {
    const second = await another();
    const nonce = await challenge(second);
    const captured = request(nonce, 1);
    expect((await captured(second)).status).toBe(200);
    await second.close();
    const restarted = await another();
    await expectRefused(captured, restarted, first);
    expect((await request(nonce, 2)(restarted)).status).toBe(200);
    expect((await request(nonce, 3)(first)).status).toBe(200);
  });
});

it('a captured header carries no other body to another node', async () => {
  const second = await another();
  const header = { nonce: await challenge(first), nc: '00000001' };
  expect((await signed(header, addRequest(destGrp('OWN')))(first)).status).toBe(200);
  await expectRefused(signed(header, addRequest(destGrp('FOREIGN'))), second, first);
  const groups = await first.sql<{ name: string }>('SELECT name FROM sppp_api.destination_group');
  expect(groups).toEqual([{ name: 'OWN' }]);
});

it('of 64 requests with one nonce, each sent to two nodes at once, each is carried out once', async () => {
  const second = await another();
  const nonce = await challenge(first);
  const answers = await Promise.all(
    Array.from({ length: 64 }, (_, nc) => {
      const request = signed({ nonce, nc: hex(nc) }, status);
      return Promise.all([request(first), request(second)]);
    }),
  );
  expect(
    new Set(
      answers.map((both) =>
        both
          .map((answer) => answer.status)
          .sort()
          .join(),
      ),
    ),
  ).toEqual(new Set(['200,401']));
});

it('while the database cannot count, requests that need it get 503, and those of one node alone are answered', async () => {
  const second = await another();
  const [shared, alone] = [await challenge(first), await challenge(first)];
  expect((await signed({ nonce: shared, nc: hex(1) }, status)(second)).status).toBe(200);
  const client = await first.deps.database.pool.connect();
  await client.query('BEGIN; LOCK TABLE sppp.digest_nonce');
  const waiting = [first, second].map((node) => signed({ nonce: shared, nc: hex(2) }, status)(node));
  expect((await signed({ nonce: alone, nc: hex(1) }, status)(first)).status).toBe(200);
  for (const answer of await Promise.all(waiting)) {
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  }
  await client.query('ROLLBACK');
  client.release();
  expect((await signed({ nonce: shared, nc: hex(3) }, status)(second)).status).toBe(200);
  await expectRefused(signed({ nonce: shared, nc: hex(3) }, status), first);
});

it('a lost connection to the database costs no login', async () => {
  const second = await another();
  const nonce = await challenge(first);
  expect((await signed({ nonce, nc: hex(1) }, status)(second)).status).toBe(200);
  const cut = await first.sql(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = current_database() AND application_name = 'sppp nonces'`,
  );
  expect(cut.length).toBeGreaterThan(0);
  const gone = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'sppp nonces'`;
  await expect.poll(() => first.sql(gone)).toEqual([]);
  await expect
    .poll(async () => (await signed({ nonce, nc: hex(2) }, status)(second)).status, { timeout: 10_000 })
    .not.toBe(503);
  expect((await signed({ nonce, nc: hex(3) }, status)(second)).status).toBe(200);
});

describe('a node that only answers look-ups', () => {
  it('counts for itself: nonces of others are good there for five minutes, its own for eight hours', async () => {
    const [one, two] = [await another('lookups only'), await another('lookups only')];
    const own = await challenge(one);
    for (const nonce of [own, await challenge(two), await challenge(first)]) {
      const captured = lookingUp(nonce, 1);
      expect((await captured(one)).status).toBe(200);
      await expectRefused(captured, one);
    }
    const foreign = await challenge(two);
    now += 5 * MINUTE_MS + 1;
    await expectRefused(lookingUp(foreign, 1), one);
    expect((await lookingUp(foreign, 1)(two)).status).toBe(200);
    expect((await lookingUp(own, 2)(one)).status).toBe(200);
  });

  it('issues nonces that are good at other nodes for five minutes, where each count is good once', async () => {
    const [only, second] = [await another('lookups only'), await another()];
    const nonce = await challenge(only);
    const captured = lookingUp(nonce, 1);
    expect((await captured(second)).status).toBe(200);
    await expectRefused(captured, first, second);
    expect((await lookingUp(nonce, 2)(first)).status).toBe(200);
    now += 5 * MINUTE_MS + 1;
    await expectRefused(lookingUp(nonce, 3), first, second);
    expect((await lookingUp(nonce, 3)(only)).status).toBe(200);
  });
});
