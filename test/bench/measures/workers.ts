import { loadavg } from 'node:os';
import { Carrier } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure, roundsOf, UNLIMITED_REQUESTS } from '../measure.js';
import { PEER } from '../messages.js';
import { takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import { type Served, user } from '../stand.js';
import { anyNumber, isWarmed, routedRegistry } from './lookup.js';

/**
 * Clients at once. Few do not occupy one process, whose statements then answer twice as many look-ups as those of two workers;
 * workers are for the many, and what is to be reached is for these.
 */
const FEW = 16;
const MANY = 64;
/** Seconds of a turn. Turns are short, so that what slows the machine for a while slows both sides. */
const TURN = 0.5;
/** Requests made ready for each client and second. */
const READY = 1_500;
const NOTHING = Buffer.alloc(0);

/** Look-ups over HTTP by one process and by two, for each second of their processor time: what dividing the work costs. */
export const workers: Measure = {
  name: 'workers',
  what: "look-ups a second of the servers' processor time, SPPP_WORKERS=2 ÷ 1",
  async take(stand, options) {
    const present = options.quick ? 2_000 : 100_000;
    const rounds = options.quick ? 2 : 8 * roundsOf(options, 5);
    const registry = await routedRegistry(stand, present);
    const serve = async (number: number) => {
      const settings = { ...UNLIMITED_REQUESTS, SPPP_METRICS_PORT: '0', SPPP_WORKERS: String(number) };
      const served = await registry.serve(settings);
      while (!(await isWarmed(served))) await askAtOnce(served, MANY, present);
      // Until Node has compiled what is run often, in each worker.
      for (let turn = 0; turn < 8 * number; turn++) await askAtOnce(served, MANY, present);
      return served;
    };
    const [one, two] = [await serve(1), await serve(2)];
    const figures: Figure[] = [];
    for (const clients of [FEW, MANY]) {
      const before = { one: await countsOf(one), two: await countsOf(two) };
      const rates: Record<'one' | 'two', number[]> = { one: [], two: [] };
      const side = (name: 'one' | 'two', served: Served) => async () => {
        const { answered, seconds, processor } = await askAtOnce(served, clients, present);
        rates[name].push(answered / seconds);
        return answered / processor;
      };
      const seen = await takeTurns(rounds, { one: side('one', one), two: side('two', two) });
      const sharing = { two: await sharingSince(two, before.two), one: await sharingSince(one, before.one) };
      figures.push({
        measure: 'workers',
        name: `look-ups a second of processor time by ${clients} clients, 2 workers ÷ 1 process`,
        sides: [
          { name: '2 workers', unit: '/s', spread: spreadOf(seen.two) },
          { name: '1 process', unit: '/s', spread: spreadOf(seen.one) },
          // The round that warms up is not counted.
          { name: 'by the clock, 2', unit: '/s', spread: spreadOf(rates.two.slice(1)) },
          { name: 'by the clock, 1', unit: '/s', spread: spreadOf(rates.one.slice(1)) },
        ],
        ratio: ratioOf(seen.two, seen.one),
        ...(clients === MANY ? { reach: { of: 'ratio', least: { must: 0.85, aim: 0.95 } } } : {}),
        note:
          `${count(present)} numbers; look-ups that shared a statement: 2 workers ${sharing.two.toFixed(1)}, ` +
          `1 process ${sharing.one.toFixed(1)}; load of the machine at the end: ${loadavg()[0]?.toFixed(1)}`,
      });
    }
    await registry.drop();
    return figures;
  },
};

/** How many look-ups and statements there were so far. */
async function countsOf({ child: { metricsUrl } }: Served) {
  if (metricsUrl === undefined) throw new Error('no metrics');
  const text = await (await fetch(metricsUrl)).text();
  const countOf = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1]);
  return { lookups: countOf('sppp_lookups_total'), statements: countOf('sppp_lookup_statements_total') };
}

/** How many look-ups shared a statement since then. */
async function sharingSince(served: Served, before: Awaited<ReturnType<typeof countsOf>>) {
  const { lookups, statements } = await countsOf(served);
  return (lookups - before.lookups) / (statements - before.statements);
}

/** Clients with a nonce and a kept connection of their own, each asking again as soon as it is answered. */
async function askAtOnce({ child }: Served, clients: number, present: number) {
  const path = () => `/lookup/${anyNumber(present)}?asker=${PEER}`;
  const ready = await Promise.all(
    Array.from({ length: clients }, async () => {
      const carrier = new Carrier(child.url, user);
      // Signed before the clock starts.
      const heads: string[] = [];
      while (heads.length < READY * TURN) heads.push(await carrier.getHead(path()));
      return { carrier, heads, connection: await carrier.connection() };
    }),
  );
  const before = await child.processorTime();
  const since = performance.now();
  const until = since + TURN * 1000;
  let answered = 0;
  await Promise.all(
    ready.map(async ({ heads, connection }) => {
      for (const head of heads) {
        if (performance.now() >= until) break;
        const { status, body } = await connection.ask(head, NOTHING);
        if (status !== 200) throw new Error(`HTTP ${status}: ${body.toString()}`);
        answered += 1;
      }
    }),
  );
  const seconds = (performance.now() - since) / 1000;
  const after = await child.processorTime();
  for (const { carrier } of ready) carrier.close();
  if (before === undefined || after === undefined) throw new Error('this measure reads /proc');
  return { answered, seconds, processor: after - before };
}
