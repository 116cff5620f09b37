import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pg from 'pg';
import { expectCode } from '../carrier.js';
import type { Figure, Side } from '../figure.js';
import { type Measure, presentOf, roundsOf } from '../measure.js';
import { request, tn } from '../messages.js';
import { groupName, singleNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { quantile, ratioOf, spreadOf } from '../spread.js';
import type { Registry, Served } from '../stand.js';

const JOURNAL = `INSERT INTO sppp.transaction
  (server_trans_id, registrar_id, operation, mode, received_at, code, message, objects, answered_at)
  VALUES (gen_random_uuid(), $1, 'submitAddRqst', 'atomic', now(), 1000, 'Request succeeded', 1, now()) RETURNING id`;
const IDENTIFIER = `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
  VALUES ($1, now(), $2, $3, 'TN', $4)
  ON CONFLICT (value, kind, rant_id) DO UPDATE SET transaction_id = excluded.transaction_id, m_date = excluded.c_date,
    rar_id = excluded.rar_id
  RETURNING id`;
const MEMBER = `INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
  VALUES ($1, $2, 0) ON CONFLICT DO NOTHING`;

/** One new number per request, on so many connections at once, against the transaction that each of them needs. */
export const singleAdd: Measure = {
  name: 'single-add',
  what: 'Adds of one number on 1, 16 and 64 connections ÷ bare transactions of one row on as many',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const time = options.quick ? 1 : 3;
    const hasPgbench = await isInstalled('pgbench');
    if (!hasPgbench) process.stderr.write('  pgbench is not installed: the bare loop has no second witness\n');
    let rank = 0;
    const next = () => singleNumber(++rank);
    const figures: Figure[] = [];
    for (const clients of [1, 16, 64]) {
      const latencies: number[][] = [];
      const seen = await takeTurns(roundsOf(options, 3), {
        add: async () => {
          const { rate, latencies: own } = await addsAtOnce(served, clients, time, next);
          latencies.push(own);
          await registry.reset();
          return rate;
        },
        bare: async () => {
          const rate = await bareTransactions(registry, clients, time, next);
          await registry.reset();
          return rate;
        },
        pgbench: async () => {
          if (!hasPgbench) return Number.NaN;
          rank += 1_000_000;
          const rate = await pgbench(registry, clients, time, rank);
          await registry.reset();
          return rate;
        },
      });
      const quantiles = (share: number) =>
        spreadOf(
          latencies.slice(1).map((own) =>
            quantile(
              own.sort((a, b) => a - b),
              share,
            ),
          ),
        );
      const witness: Side[] = hasPgbench ? [{ name: 'pgbench', unit: '/s', spread: spreadOf(seen.pgbench) }] : [];
      figures.push({
        measure: 'single-add',
        name: `single adds on ${clients} connections, requests/s ÷ bare transactions/s`,
        sides: [
          { name: 'adds', unit: '/s', spread: spreadOf(seen.add) },
          { name: 'bare', unit: '/s', spread: spreadOf(seen.bare) },
          ...witness,
          { name: 'p50', unit: 'ms', spread: quantiles(0.5) },
          { name: 'p99', unit: 'ms', spread: quantiles(0.99) },
        ],
        ratio: ratioOf(seen.add, seen.bare),
        ...(clients === 64 ? { reach: { of: 'ratio', least: { must: 1, aim: 3 } } } : {}),
      });
      if (hasPgbench) {
        figures.push({
          measure: 'single-add',
          name: `single adds on ${clients} connections, requests/s ÷ pgbench`,
          sides: [
            { name: 'adds', unit: '/s', spread: spreadOf(seen.add) },
            { name: 'pgbench', unit: '/s', spread: spreadOf(seen.pgbench) },
          ],
          ratio: ratioOf(seen.add, seen.pgbench),
        });
      }
    }
    await registry.drop();
    return figures;
  },
};

/** Adds on kept connections, each asking again as soon as it is answered. Latencies in milliseconds. */
export async function addsAtOnce(
  { carrier }: Served,
  clients: number,
  time: number,
  next: () => string,
): Promise<{ rate: number; latencies: number[] }> {
  const connections = await Promise.all(Array.from({ length: clients }, () => carrier.connect()));
  const latencies: number[] = [];
  const since = performance.now();
  const until = since + time * 1000;
  await Promise.all(
    connections.map(async (connection, index) => {
      for (let asked = performance.now(); asked < until; ) {
        expectCode(await carrier.post(request('Add', [tn(next(), groupName(index))]), '/sppp', connection));
        const answered = performance.now();
        latencies.push(answered - asked);
        asked = answered;
      }
    }),
  );
  const rate = latencies.length / ((performance.now() - since) / 1000);
  for (const connection of connections) connection.close();
  return { rate, latencies };
}

/** What one such Add needs of the database, by prepared statements, without a server in between. */
async function bareTransactions(
  { url, ids }: Registry,
  clients: number,
  time: number,
  next: () => string,
): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      return client;
    }),
  );
  let done = 0;
  const since = performance.now();
  const until = since + time * 1000;
  await Promise.all(
    connections.map(async (db, index) => {
      const group = ids.groups[index % ids.groups.length];
      const query = async (name: string, statement: string, values: unknown[]) =>
        (await db.query<{ id: string }>({ name, text: statement, values })).rows[0]?.id;
      while (performance.now() < until) {
        await db.query('BEGIN');
        const transactionId = await query('journal', JOURNAL, [ids.rar]);
        const id = await query('identifier', IDENTIFIER, [transactionId, ids.rant, ids.rar, next()]);
        await query('member', MEMBER, [id, group]);
        await db.query('COMMIT');
        done += 1;
      }
    }),
  );
  const rate = done / ((performance.now() - since) / 1000);
  await Promise.all(connections.map((db) => db.end()));
  return rate;
}

/** The same transaction by PostgreSQL's own load generator. */
async function pgbench({ url, ids }: Registry, clients: number, time: number, rank: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-bench-'));
  try {
    const script = join(folder, 'add.sql');
    const statement = (text: string, ...values: string[]) =>
      `${text.replace(/\s+/g, ' ').replace(/\$(\d)/g, (_, place: string) => values[Number(place) - 1] ?? '')}`;
    await writeFile(
      script,
      [
        '\\set rank :rank + 1',
        `\\set value ${singleNumber(rank)} + 7 * (:client_id * 100000 + :rank)`,
        'BEGIN;',
        `${statement(JOURNAL, String(ids.rar))} \\gset journal_`,
        `${statement(IDENTIFIER, ':journal_id', String(ids.rant), String(ids.rar), '(:value)::bigint::text')} \\gset number_`,
        `${statement(MEMBER, ':number_id', String(ids.groups[0]))};`,
        'COMMIT;',
        '',
      ].join('\n'),
    );
    const args = ['-n', '-M', 'prepared', '-c', String(clients), '-j', String(Math.min(2, clients))];
    const child = spawn(
      'pgbench',
      [
        ...args,
        '-T',
        String(time + 2), // connecting counts towards it, though not towards its rate
        '-D',
        'rank=0',
        '-f',
        script,
        url,
      ],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr)]);
    const rate = Number(/^tps = ([\d.]+)/m.exec(output)?.[1]);
    if (!(rate > 0)) throw new Error(`pgbench: ${complaint}${output}`);
    return rate;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function isInstalled(program: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(program, ['--version'], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}
