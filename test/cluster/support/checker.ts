import type pg from 'pg';
import type { Cluster } from './cluster.js';
import type { History, Write } from './history.js';

/** What the registry has of a request. */
interface Stored {
  readonly present: number;
  /** Whether its journal row says that it was carried out; undefined if there is no row. */
  readonly committed: boolean | undefined;
  readonly code: number | null | undefined;
}

/** What a history and the registry have to do with each other. */
export interface Findings {
  readonly writes: number;
  readonly acknowledged: number;
  readonly refused: number;
  readonly unanswered: number;
  /** Objects whose presence or absence was compared. */
  readonly objects: number;
  readonly reads: number;
  /** Acknowledged, and not so in the registry. */
  readonly lost: readonly string[];
  /** Everything else that breaks a promise, one line each. */
  readonly broken: readonly string[];
}

/** What the registry has. */
export interface Registry {
  readonly numbers: ReadonlySet<string>;
  /** Journal rows by the id that the client chose. */
  readonly rows: ReadonlyMap<string, { readonly code: number | null; readonly committed: boolean }>;
}

/** Compares a history with the registry as it is at the primary now. */
export async function check(history: History, cluster: Cluster): Promise<Findings> {
  const client = await cluster.connect();
  const numbers = await presentNumbers(history.writes, client);
  const rows = await journalRows(history.writes, client);
  await client.end();
  return findingsOf(history, { numbers, rows });
}

/**
 * Compares: every acknowledged request is there with its journal row, nothing of a refused one is, an unanswered one is there
 * wholly with its row or not at all, and no read missed what was acknowledged before it.
 */
export function findingsOf(
  { writes, reads }: Pick<History, 'writes' | 'reads'>,
  { numbers, rows }: Registry,
): Findings {
  const deletes = new Map(
    writes.filter(({ verb }) => verb === 'delete').flatMap((write) => write.numbers.map((number) => [number, write])),
  );
  const lost: string[] = [];
  const broken: string[] = [];
  for (const write of writes) {
    const row = rows.get(write.id);
    const stored = {
      present: write.numbers.filter((number) => numbers.has(number)).length,
      committed: row?.committed,
      code: row?.code,
    };
    // What a delete did to the numbers of an add is judged with the delete.
    const isDeleted = write.verb === 'add' && write.numbers.some((number) => deletes.has(number));
    const fault = isDeleted ? faultOfRow(write, stored) : (faultOfNumbers(write, stored) ?? faultOfRow(write, stored));
    if (fault === undefined) continue;
    const line = `${fault}: ${write.verb} ${write.id} of ${write.numbers.length}, ${write.answer}, ${JSON.stringify(stored)}`;
    if (write.verdict === 'acknowledged') lost.push(line);
    else broken.push(line);
  }
  for (const { of, at, found, expected } of reads) {
    if (found !== undefined && found < expected) broken.push(`stale: ${found} of ${expected} of ${of} at ${at}`);
  }
  const count = (verdict: Write['verdict']) => writes.filter((write) => write.verdict === verdict).length;
  return {
    writes: writes.length,
    acknowledged: count('acknowledged'),
    refused: count('refused'),
    unanswered: count('unanswered'),
    objects: writes.reduce((sum, { numbers }) => sum + numbers.length, 0),
    reads: reads.filter(({ found }) => found !== undefined).length,
    lost,
    broken,
  };
}

function faultOfNumbers({ verb, verdict, numbers }: Write, { present }: Stored): string | undefined {
  const [before, after] = verb === 'add' ? [0, numbers.length] : [numbers.length, 0];
  if (verdict === 'acknowledged') return present === after ? undefined : 'acknowledged, and not carried out';
  if (verdict === 'refused') return present === before ? undefined : 'refused, and carried out';
  if (verdict === 'strange') return 'an answer that no event explains';
  return present === before || present === after ? undefined : 'unanswered, and carried out in part';
}

/** The journal says the same as the answer, or, without an answer, as the numbers. */
function faultOfRow({ verb, verdict, numbers }: Write, { present, committed, code }: Stored): string | undefined {
  if (verdict === 'acknowledged')
    return committed === true && code === 1000 ? undefined : 'acknowledged, and not journalled';
  if (verdict === 'refused') return committed === true ? 'refused, and journalled as carried out' : undefined;
  const isDone = verb === 'add' ? present > 0 : present < numbers.length;
  return isDone === (committed === true) ? undefined : 'unanswered, and journalled as it is not';
}

async function presentNumbers(writes: readonly Write[], client: pg.Client): Promise<Set<string>> {
  const numbers = writes.flatMap((write) => write.numbers);
  const { rows } = await client.query<{ identifier: string }>(
    'SELECT identifier FROM sppp_api.public_identifier WHERE identifier = ANY($1::text[])',
    [numbers],
  );
  return new Set(rows.map(({ identifier }) => identifier));
}

async function journalRows(writes: readonly Write[], client: pg.Client) {
  const { rows } = await client.query<{ id: string; code: number | null; committed: boolean }>(
    'SELECT client_trans_id AS id, code, committed FROM sppp_api.transaction WHERE client_trans_id = ANY($1::text[])',
    [writes.map(({ id }) => id)],
  );
  return new Map(rows.map((row) => [row.id, row]));
}
