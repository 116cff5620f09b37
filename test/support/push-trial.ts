/**
 * A real server, and a file of numbers that a registrar pushes to it: the set-up of the tests that import this. The server is
 * one for all of them, the folder and what the registry holds are new for each test.
 */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { type PushOptions, push } from '../../src/carrier/push.js';
import type { PushSettings } from '../../src/carrier/push-settings.js';
import { type Connection, connect } from '../../src/client/connect.js';
import { startServer, type TestServer } from './server.js';

/** Whose the pushed objects are, and who pushes them. */
export const owner = { rant: 'iana-en:222', rar: 'iana-en:223' };

export let server: TestServer;
export let connection: Connection;
/** Its requests are carried out and undone. */
export let dryRun: Connection;
export let folder: string;
/** In the folder; not written yet. */
export let file: string;
let since: Date | undefined;

beforeAll(async () => {
  server = await startServer();
  const login = { url: server.url, user: 'ssp2r', password: 'ssp2r' };
  connection = connect(login);
  dryRun = connect({ ...login, mode: 'validate' });
}, 120_000);

afterAll(async () => {
  connection.close();
  dryRun.close();
  await server.close();
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-push-'));
  file = join(folder, 'numbers.csv');
  for (const table of ['public_identifier', 'destination_group']) await server.sql(`DELETE FROM sppp.${table}`);
  [since] = (await server.sql<{ since: Date }>('SELECT now() AS since')).map((row) => row.since);
  await connection.add([{ kind: 'DestGrpType', ...owner, dgName: 'GRP_WEST' }]);
});

afterEach(() => rm(folder, { recursive: true, force: true }));

interface Given extends Partial<Omit<PushOptions, 'settings'>> {
  readonly settings?: Partial<PushSettings>;
  readonly via?: Connection;
  readonly signal?: AbortSignal;
  readonly onProgress?: (lines: number) => void;
}

/** Pushes the file, in parts of ten numbers unless told otherwise. */
export function pushed({ settings = {}, via, signal, onProgress, ...options }: Given = {}) {
  return push(
    via ?? (options.isCheck ? dryRun : connection),
    {
      ...{ file, ifUnfinished: 'refuse', isCheck: false, itemsPerPart: 10, partsAtOnce: 3, ...options },
      settings: { url: server.url, user: 'ssp2r', ...owner, ...settings },
    },
    {
      signal: signal ?? new AbortController().signal,
      onProgress: ({ counts }) => onProgress?.(counts.good + counts.failed + counts.faulty),
      onThrottled: () => undefined,
    },
  );
}

/** Requests of pushes in this test that were carried out, and their objects. */
export async function journal(): Promise<{ requests: number; objects: number }> {
  const [row] = await server.sql<{ requests: number; objects: number }>(
    `SELECT count(*)::int AS requests, coalesce(sum(objects), 0)::int AS objects FROM sppp_api.transaction
      WHERE client_trans_id LIKE 'push-%' AND code IN (1000, 2100) AND received_at >= $1`,
    [since],
  );
  return row ?? { requests: 0, objects: 0 };
}

/** The lines of a file of results. */
export const results = async (name = 'numbers.csv.results.csv') =>
  (await readFile(join(folder, name), 'utf8')).split('\n');

/** The identifiers that the registry holds, in order. */
export async function stored(): Promise<string[]> {
  const rows = await server.sql<{ identifier: string }>(
    'SELECT identifier FROM sppp_api.public_identifier ORDER BY identifier',
  );
  return rows.map(({ identifier }) => identifier);
}

export const number = (index: number) => `+1202${5_550_000 + index}`;

/** Lines of numbers. */
export const numbers = (count: number, group = 'GRP_WEST') =>
  Array.from({ length: count }, (_, index) => `${number(index)},${group}`);
