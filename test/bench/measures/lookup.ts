import type pg from 'pg';
import type { Connection } from '../connection.js';
import type { Figure } from '../figure.js';
import { count, type Measure, roundsOf, UNLIMITED_REQUESTS } from '../measure.js';
import { PEER } from '../messages.js';
import { fill, presentNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { quantile, ratioOf, spreadOf } from '../spread.js';
import type { Registry, Served, Stand } from '../stand.js';

/** Destination groups, each with an SED group of two records that the peer has accepted. */
const GROUPS = 1_000;
const CLIENTS = 16;
/** Seconds after a start at which look-ups are to be nearly as fast as later. */
const AFTER_START = 10;
/** Requests made ready for each second. */
const READY = 25_000;
const NOTHING = Buffer.alloc(0);

/** Look-ups of random numbers by a peer: in SQL, over HTTP, and in a small and a large registry. */
export const lookup: Measure = {
  name: 'lookup',
  what: 'look-ups in SQL ÷ SELECT by primary key; over HTTP ÷ a constant; growth to 1 million (--full: 10 million)',
  async take(stand, options) {
    const [small, large] = options.quick
      ? ([2_000, 20_000] as const)
      : ([100_000, options.full ? 10_000_000 : 1_000_000] as const);
    const time = options.quick ? 0.5 : 3;
    const rounds = roundsOf(options, 5);
    const registries = { small: await routedRegistry(stand, small), large: await routedRegistry(stand, large) };
    const figures = [
      ...(await inSql(registries, { small, large }, time, rounds)),
      ...(await overHttp(registries.large, large, time, rounds)),
    ];
    for (const registry of Object.values(registries)) await registry.drop();
    return figures;
  },
};

async function inSql(
  registries: { readonly small: Registry; readonly large: Registry },
  present: { readonly small: number; readonly large: number },
  time: number,
  rounds: number,
): Promise<Figure[]> {
  const resolveIn = (size: 'small' | 'large') => () =>
    medianOf(time, () => resolveOne(registries[size].db, present[size]));
  const seen = await takeTurns(rounds, {
    resolve: resolveIn('large'),
    select: () => medianOf(time, () => selectOne(registries.large.db, present.large)),
    small: resolveIn('small'),
  });
  return [
    {
      measure: 'lookup',
      name: `resolve() with ${count(present.large)} numbers ÷ SELECT by primary key`,
      sides: [
        { name: 'resolve', unit: 'ms', spread: spreadOf(seen.resolve) },
        { name: 'SELECT', unit: 'ms', spread: spreadOf(seen.select) },
      ],
      ratio: ratioOf(seen.resolve, seen.select),
      reach: { of: 'ratio', most: { must: 3, aim: 2 } },
    },
    {
      measure: 'lookup',
      name: `resolve() with ${count(present.large)} numbers ÷ with ${count(present.small)}`,
      sides: [
        { name: count(present.large), unit: 'ms', spread: spreadOf(seen.resolve) },
        { name: count(present.small), unit: 'ms', spread: spreadOf(seen.small) },
      ],
      ratio: ratioOf(seen.resolve, seen.small),
      reach: { of: 'ratio', most: { must: 1.5, aim: 1.1 } },
    },
  ];
}

async function overHttp(registry: Registry, present: number, time: number, rounds: number): Promise<Figure[]> {
  const served = await registry.serve({ ...UNLIMITED_REQUESTS, SPPP_METRICS_PORT: '0' });
  const started = performance.now();
  const pathOf = () => `/lookup/${anyNumber(present)}?asker=${PEER}`;
  const first = await (await served.carrier.connect()).ask(await served.carrier.getHead(pathOf()), NOTHING);
  const records = first.body.toString().split('"sedRecord"').length - 1;
  if (first.status !== 200 || records !== 2) throw new Error(`HTTP ${first.status}: ${first.body.toString()}`);
  const constant = await registry.serveWith('constant.js', [first.body.toString()]);
  const ask = async () => (await getsAtOnce(served, await headsOf(served, pathOf, time), time, first.body.length)).rate;
  // Asked from the start on, as a server is that takes the place of another one.
  const early: number[] = [];
  for (let isWarm = false; !isWarm; isWarm = await isWarmed(served)) {
    const seconds = (performance.now() - started) / 1000;
    const rate = await ask();
    if (seconds >= AFTER_START && early.length === 0) early.push(rate);
  }
  const warmAfter = (performance.now() - started) / 1000;
  process.stderr.write(`  all numbers in memory after ${warmAfter.toFixed(0)} s\n`);
  const warm = await ask();
  const latencies: number[][] = [];
  const seen = await takeTurns(rounds, {
    ours: async () => {
      const own = await getsAtOnce(served, await headsOf(served, pathOf, time), time, first.body.length);
      latencies.push(own.latencies);
      return own.rate;
    },
    constant: async () => {
      const heads = await headsOf(served, pathOf, time);
      return (await getsAtOnce(constant, heads, time, first.body.length)).rate;
    },
  });
  const quantiles = latencies.slice(1).map((own) => {
    const ascending = own.sort((a, b) => a - b);
    return [quantile(ascending, 0.5), quantile(ascending, 0.99)] as const;
  });
  const p50 = quantiles.map(([middle]) => middle);
  const p99 = quantiles.map(([, high]) => high);
  return [
    ...early.map(
      (rate): Figure => ({
        measure: 'lookup',
        name: `look-ups/s with ${count(present)} numbers, from ${AFTER_START} s after a start ÷ when warm`,
        sides: [
          { name: `from ${AFTER_START} s`, unit: '/s', spread: spreadOf([rate]) },
          { name: 'warm', unit: '/s', spread: spreadOf([warm]) },
          { name: 'warm after', unit: 's', spread: spreadOf([warmAfter]) },
        ],
        ratio: spreadOf([rate / warm]),
        reach: { of: 'ratio', least: { must: 0.5, aim: 0.8 } },
      }),
    ),
    {
      measure: 'lookup',
      name: `look-ups/s over HTTP on ${CLIENTS} connections ÷ Fastify answering a constant`,
      sides: [
        { name: 'look-ups', unit: '/s', spread: spreadOf(seen.ours) },
        { name: 'constant', unit: '/s', spread: spreadOf(seen.constant) },
      ],
      ratio: ratioOf(seen.ours, seen.constant),
      reach: { of: 'ratio', least: { must: 0.45, aim: 0.6 } },
    },
    {
      measure: 'lookup',
      name: `p99 of them ÷ p50`,
      sides: [
        { name: 'p99', unit: 'ms', spread: spreadOf(p99) },
        { name: 'p50', unit: 'ms', spread: spreadOf(p50) },
      ],
      ratio: ratioOf(p99, p50),
      reach: { of: 'ratio', most: { must: 3, aim: 2.5 } },
    },
  ];
}

/** Whether the server has all numbers in memory. */
export async function isWarmed({ child }: Served): Promise<boolean> {
  if (child.metricsUrl === undefined) throw new Error('no metrics');
  return /^sppp_lookups_warm 1$/m.test(await (await fetch(child.metricsUrl)).text());
}

/** Both servers get the same requests, signed before the clock starts. */
function headsOf({ carrier }: Served, pathOf: () => string, time: number): Promise<string[]> {
  return Promise.all(Array.from({ length: READY * time }, () => carrier.getHead(pathOf())));
}

/** On kept connections, each asking again as soon as it is answered. Latencies in milliseconds. */
async function getsAtOnce({ carrier }: Served, heads: readonly string[], time: number, size: number) {
  const connections = await Promise.all(Array.from({ length: CLIENTS }, () => carrier.connect()));
  const latencies: number[] = [];
  const since = performance.now();
  const until = since + time * 1000;
  let next = 0;
  const askOn = async (connection: Connection) => {
    for (let asked = performance.now(); asked < until && next < heads.length; ) {
      const { status, body } = await connection.ask(heads[next++] ?? '', NOTHING);
      if (status !== 200 || Math.abs(body.length - size) > 50) throw new Error(`HTTP ${status}: ${body.toString()}`);
      const answered = performance.now();
      latencies.push(answered - asked);
      asked = answered;
    }
  };
  await Promise.all(connections.map(askOn));
  const rate = latencies.length / ((performance.now() - since) / 1000);
  for (const connection of connections) connection.close();
  return { rate, latencies };
}

async function resolveOne(db: pg.ClientBase, present: number): Promise<void> {
  const { rows } = await db.query({
    name: 'resolve',
    text: 'SELECT * FROM sppp_api.resolve($1, $2)',
    values: [anyNumber(present), PEER],
  });
  if (rows.length !== 2) throw new Error(`${rows.length} records found, not 2`);
}

async function selectOne(db: pg.ClientBase, present: number): Promise<void> {
  const { rows } = await db.query({
    name: 'by key',
    text: 'SELECT * FROM sppp.public_identifier WHERE id = $1',
    values: [1 + Math.floor(Math.random() * present)],
  });
  if (rows.length !== 1) throw new Error('no such id');
}

export function anyNumber(present: number): string {
  return presentNumber(Math.floor(Math.random() * present));
}

/** Milliseconds in the middle. */
async function medianOf(time: number, work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  const until = performance.now() + time * 1000;
  for (let since = performance.now(); since < until; since = performance.now()) {
    await work();
    times.push(performance.now() - since);
  }
  return quantile(
    times.sort((a, b) => a - b),
    0.5,
  );
}

/** So many numbers, spread over the destination groups, and what leads the peer from these to records. */
export async function routedRegistry(stand: Stand, present: number): Promise<Registry> {
  process.stderr.write(`  ${count(present)} numbers …\n`);
  const registry = await stand.registry(0);
  const { db, ids } = registry;
  const { rows } = await db.query<{ groups: number[] }>(
    `WITH journal AS (SELECT max(id) AS id FROM sppp.transaction),
          common AS (SELECT journal.id AS transaction_id, now() AS c_date, $1::int AS rant_id, $2::int AS rar_id FROM journal),
          destination AS (
            INSERT INTO sppp.destination_group (transaction_id, c_date, rant_id, rar_id, name, name_key)
            SELECT common.*, 'ROUTED_' || n, 'routed_' || n FROM common, generate_series(1, $3) n RETURNING id),
          sed AS (
            INSERT INTO sppp.sed_group (transaction_id, c_date, rant_id, rar_id, name, name_key, is_in_svc, priority)
            SELECT common.*, 'GROUP_' || n, 'group_' || n, true, 10 FROM common, generate_series(1, $3) n RETURNING id),
          record AS (
            INSERT INTO sppp.sed_record (transaction_id, c_date, rant_id, rar_id, name, name_key, kind, is_in_svc,
                                         naptr_order, flags, svcs, ere, regx_repl)
            SELECT common.*, 'RECORD_' || n, 'record_' || n, 'NAPTR', true, 10, 'u', 'E2U+sip', '^(.*)$',
                   'sip:\\1@sbc' || n || '.example.com' FROM common, generate_series(1, 2 * $3) n RETURNING id),
          pair AS (
            SELECT g.id AS sed_group_id, d.id AS destination_group_id, g.n
              FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM sed) g
              JOIN (SELECT id, row_number() OVER (ORDER BY id) AS n FROM destination) d ON d.n = g.n),
          route AS (
            INSERT INTO sppp.sed_group_dest_grp SELECT sed_group_id, destination_group_id, 0 FROM pair RETURNING 1),
          refs AS (
            INSERT INTO sppp.sed_group_sed_record (sed_group_id, sed_record_id, position, priority)
            SELECT pair.sed_group_id, r.id, r.n % 2, r.n % 2
              FROM pair JOIN (SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM record) r ON r.n / 2 + 1 = pair.n
            RETURNING 1),
          peering AS (
            INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status,
                                              offer_date_time, accept_date_time)
            SELECT common.transaction_id, now(), pair.sed_group_id, o.id, common.rar_id, 'accepted', now(), now()
              FROM common, pair, sppp.organization o WHERE o.org_id = $4 RETURNING 1)
     SELECT array_agg(id::int) AS groups FROM destination`,
    [ids.rant, ids.rar, GROUPS, PEER],
  );
  await fill(db, present, { ...ids, groups: rows[0]?.groups ?? [] });
  await db.query('VACUUM (FREEZE, ANALYZE)');
  await db.query('CHECKPOINT');
  return registry;
}
