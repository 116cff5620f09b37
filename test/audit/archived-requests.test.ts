/** Requests archived beside their journal rows: as sent, compressed, encrypted, limited in size and time. */

import { randomBytes } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ArchivedBody, openBody } from '../../src/registry/journal/archived-request.js';
import { readArchived } from '../../src/registry/journal/journalled-requests.js';
import { purgeArchivedRequests } from '../../src/registry/journal/purge.js';
import { addRequest, delRequest, destGrp, objKey, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const small = addRequest(destGrp('KEPT'));
const large = addRequest(...Array.from({ length: 5000 }, (_, n) => tn(`1202${5_000_000 + n}`)));
const key = randomBytes(32).toString('hex');

interface Kept extends ArchivedBody {
  readonly serverTransId: string;
}

async function keptOf(
  server: TestServer,
  xml: string | Uint8Array,
  headers: Record<string, string> = {},
  path = '/sppp',
) {
  const { text } = await server.post(xml, { headers, path });
  const { serverTransId = '' } = readAnswer(text);
  const [row] = await server.sql<{ id: number }>('SELECT id::float8 FROM sppp.transaction WHERE server_trans_id = $1', [
    serverTransId,
  ]);
  const kept = await readArchived(server.deps.database.pool, row?.id ?? 0);
  return kept && ({ ...kept, serverTransId } satisfies Kept);
}

const opened = (kept: Kept | undefined, with_?: string) =>
  kept === undefined ? undefined : openBody(kept, kept.serverTransId, with_).toString();

describe('with the default settings', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  it('a small request is stored as it is', async () => {
    const kept = await keptOf(server, small);
    expect(kept).toMatchObject({ encoding: 'identity', isWhole: true, charset: 'utf-8', keyPrint: undefined });
    expect(kept?.body.toString()).toBe(small);
  });

  it('a large request is stored compressed, byte for byte', async () => {
    const kept = await keptOf(server, large);
    expect(kept).toMatchObject({ encoding: 'gzip', isWhole: true });
    expect(kept?.body.length).toBeLessThan(large.length / 10);
    expect(opened(kept)).toBe(large);
  });

  it('a request that the client compressed is stored as sent', async () => {
    const sent = gzipSync(large, { level: 9 });
    const kept = await keptOf(server, sent, { 'content-encoding': 'gzip' });
    expect(kept?.body.equals(sent)).toBe(true);
    expect(kept).toMatchObject({ encoding: 'gzip', isWhole: true });
  });

  it('a failed request, and a validation, is stored like any other', async () => {
    const failing = delRequest(objKey('DestGrp', 'NOT_THERE'));
    expect(opened(await keptOf(server, failing))).toBe(failing);
    expect(opened(await keptOf(server, small, {}, '/sppp/validate'))).toBe(small);
  });

  it('a request that was refused in the middle is stored up to that point', async () => {
    const broken = large.replace('1202', '<').slice(0, 40_000);
    const { status } = await server.post(broken);
    expect(status).toBe(500);
    const [row] = await server.sql<{ id: number }>('SELECT max(id)::float8 AS id FROM sppp.transaction');
    const kept = await readArchived(server.deps.database.pool, row?.id ?? 0);
    expect(kept?.isWhole).toBe(false);
    const text = openBody(kept as ArchivedBody, '', undefined).toString();
    expect(broken.startsWith(text)).toBe(true);
    expect(text.length).toBeGreaterThan(0);
  });

  it('requests that share a commit are each stored with their own row', async () => {
    const requests = Array.from({ length: 30 }, (_, n) => addRequest(tn(`1666${n + 100}`)));
    const kept = await Promise.all(requests.map((request) => keptOf(server, request)));
    expect(kept.map((each) => opened(each))).toEqual(requests);
  });

  it('requests older than the retention are deleted, oldest first; their journal rows stay', async () => {
    const rows = async () =>
      (
        await server.sql<{ bodies: number; rows: number }>(
          `SELECT (SELECT count(*) FROM sppp.transaction_body)::int AS bodies, (SELECT count(*) FROM sppp.transaction)::int AS rows`,
        )
      )[0];
    const before = await rows();
    await server.sql(
      `UPDATE sppp.transaction_body SET kept_at = now() - interval '91 days'
        WHERE transaction_id IN (SELECT transaction_id FROM sppp.transaction_body ORDER BY 1 LIMIT 3)`,
    );
    const { pool } = server.deps.database;
    expect(await purgeArchivedRequests(pool, new Date(), 92)).toBe(0);
    expect(await purgeArchivedRequests(pool, new Date(), 90)).toBe(3);
    expect(await rows()).toEqual({ bodies: (before?.bodies ?? 0) - 3, rows: before?.rows });
    expect(await purgeArchivedRequests(pool, new Date(), 90)).toBe(0);
  });

  it('more old requests than one statement deletes are deleted in one purge', async () => {
    await server.sql(
      `WITH old AS (INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
                    SELECT gen_random_uuid(), '', 'atomic', now() FROM generate_series(1, 1100) RETURNING id)
       INSERT INTO sppp.transaction_body (transaction_id, kept_at, encoding, is_whole, body)
       SELECT id, now() - interval '1 year', 'identity', true, '' FROM old`,
    );
    await server.sql(`UPDATE sppp.transaction_body SET kept_at = now() - interval '1 year'`);
    const [all] = await server.sql<{ n: number }>('SELECT count(*)::int AS n FROM sppp.transaction_body');
    expect(await purgeArchivedRequests(server.deps.database.pool, new Date(), 90)).toBe(all?.n);
  });
});

describe('with a key', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ settings: { SPPP_KEEP_REQUESTS_KEY: key } });
  });
  afterAll(() => server.close());

  it.each([
    ['small', small],
    ['large', large],
  ])('a %s request is stored encrypted, and cannot be read without that key', async (_, xml) => {
    const kept = (await keptOf(server, xml)) as Kept;
    expect(kept.body.includes('Envelope')).toBe(false);
    expect(() => gunzipSync(kept.body)).toThrow();
    expect(opened(kept, key)).toBe(xml);
    expect(() => opened(kept)).toThrow('SPPP_KEEP_REQUESTS_KEY is not set');
    expect(() => opened(kept, randomBytes(32).toString('hex'))).toThrow('with another key');
  });

  it('a request that was changed, or moved to another row, is not accepted', async () => {
    const kept = (await keptOf(server, small)) as Kept;
    const changed = Buffer.from(kept.body);
    changed[20] = (changed[20] ?? 0) ^ 1;
    expect(() => opened({ ...kept, body: changed }, key)).toThrow('changed since');
    expect(() => opened({ ...kept, serverTransId: kept.serverTransId.replace(/.$/, 'x') }, key)).toThrow(
      'changed since',
    );
  });

  it('the same request is never stored as the same bytes', async () => {
    const [one, two] = [await keptOf(server, small), await keptOf(server, small)];
    expect(one?.body.equals(two?.body ?? Buffer.alloc(0))).toBe(false);
  });

  it('the database never sees the key', async () => {
    const tables = await server.sql<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'sppp' AND table_type = 'BASE TABLE'`,
    );
    for (const { name } of tables) {
      const [found] = await server.sql<{ n: number }>(
        `SELECT count(*)::int AS n FROM sppp.${name} t WHERE t::text LIKE '%' || $1 || '%'`,
        [key],
      );
      expect(found?.n, name).toBe(0);
    }
  });
});

it('of a request over the limit, the beginning is stored', async () => {
  const server = await startServer({ settings: { SPPP_KEEP_REQUESTS_BYTES: '1024' } });
  try {
    const kept = (await keptOf(server, large)) as Kept;
    expect(kept).toMatchObject({ encoding: 'gzip', isWhole: false });
    expect(kept.body.length).toBe(1024);
    const text = opened(kept) ?? '';
    expect(text.length).toBeGreaterThan(1024);
    expect(large.startsWith(text)).toBe(true);
  } finally {
    await server.close();
  }
});

it('with SPPP_KEEP_REQUESTS=off no request is stored', async () => {
  const server = await startServer({ settings: { SPPP_KEEP_REQUESTS: 'off' } });
  try {
    expect(await keptOf(server, small)).toBeUndefined();
    expect(await keptOf(server, large)).toBeUndefined();
  } finally {
    await server.close();
  }
});
