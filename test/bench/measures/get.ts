import type pg from 'pg';
import { expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure, presentOf, roundsOf } from '../measure.js';
import { request, tnKey } from '../messages.js';
import { presentNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { quantile, ratioOf, spreadOf } from '../spread.js';
import type { Registry, Served } from '../stand.js';

/** Numbers by their keys on one connection, against one statement that reads the same and the journal row. */
export const get: Measure = {
  name: 'get',
  what: 'Gets of 1 and of 1,000 numbers ÷ one bare SELECT of the same',
  async take(stand, options) {
    const present = presentOf(options);
    const registry = await stand.registry(present);
    const served = await registry.serve();
    const time = options.quick ? 0.5 : 3;
    const figures: Figure[] = [];
    for (const size of [1, 1_000]) {
      const latencies: number[][] = [];
      const { ours, bare } = await takeTurns(roundsOf(options, 5), {
        ours: async () => {
          const own = await repeat(time, () => getNumbers(served, present, size));
          latencies.push(own);
          return median(own);
        },
        bare: async () => median(await repeat(time, () => selectNumbers(registry, present, size))),
      });
      figures.push({
        measure: 'get',
        name: `get of ${count(size)} ÷ bare SELECT and journal row`,
        sides: [
          { name: 'get', unit: 'ms', spread: spreadOf(ours) },
          { name: 'SELECT', unit: 'ms', spread: spreadOf(bare) },
          {
            name: 'p99 of get',
            unit: 'ms',
            spread: spreadOf(latencies.slice(1).map((own) => quantile(own, 0.99))),
          },
        ],
        ratio: ratioOf(ours, bare),
      });
    }
    await registry.drop();
    return figures;
  },
};

/** Milliseconds of each, in ascending order. */
async function repeat(time: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const until = performance.now() + time * 1000;
  for (let since = performance.now(); since < until; since = performance.now()) {
    await work();
    times.push(performance.now() - since);
  }
  return times.sort((a, b) => a - b);
}

function median(ascending: readonly number[]): number {
  return quantile(ascending, 0.5);
}

/** Numbers far from each other, so that each is on a page of its own. */
function numbersOf(present: number, size: number): string[] {
  const start = Math.floor(Math.random() * present);
  const stride = Math.max(1, Math.floor(present / size));
  return Array.from({ length: size }, (_, index) => presentNumber((start + index * stride) % present));
}

export async function getNumbers({ carrier }: Served, present: number, size: number): Promise<void> {
  const answer = await carrier.post(
    request(
      'Get',
      numbersOf(present, size).map((number) => tnKey(number)),
    ),
  );
  expectCode(answer);
  const found = answer.body.toString('latin1').split('<resultObj ').length - 1;
  if (found !== size) throw new Error(`${found} of ${size} numbers found`);
}

async function selectNumbers({ db, ids }: Registry, present: number, size: number): Promise<void> {
  await db.query({
    name: 'journal',
    text: `INSERT INTO sppp.transaction
        (server_trans_id, registrar_id, operation, mode, received_at, code, message, objects, answered_at)
      VALUES (gen_random_uuid(), $1, 'submitGetRqst', 'atomic', now(), 1000, 'Request succeeded', $2, now())`,
    values: [ids.rar, size],
  });
  const { rows }: pg.QueryResult = await db.query({
    name: 'numbers',
    text: `SELECT p.value, coalesce(p.c_date, t.received_at) AS c_date, p.m_date, p.kind, p.spelling, p.cor_claim, p.cor, p.cor_date, p.ext,
                  rant.org_id AS rant, rar.org_id AS rar,
                  ARRAY(SELECT g.name FROM sppp.destination_group_member m
                          JOIN sppp.destination_group g ON g.id = m.destination_group_id
                         WHERE m.public_identifier_id = p.id ORDER BY m.position) AS groups
             FROM unnest($1::text[]) AS key(value)
             JOIN sppp.public_identifier p ON p.value = key.value AND p.kind = 'TN' AND p.rant_id = $2
             JOIN sppp.organization rant ON rant.id = p.rant_id
            CROSS JOIN LATERAL (SELECT received_at, registrar_id FROM sppp.transaction
                                 WHERE id = p.transaction_id OFFSET 0) t
             JOIN sppp.organization rar ON rar.id = coalesce(p.rar_id, t.registrar_id)`,
    values: [numbersOf(present, size), ids.rant],
  });
  if (rows.length !== size) throw new Error(`${rows.length} of ${size} numbers found`);
}
