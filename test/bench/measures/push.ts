import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectCode } from '../carrier.js';
import { runToEnd } from '../child.js';
import type { Figure } from '../figure.js';
import { count, type Measure, roundsOf } from '../measure.js';
import { RANT, RAR, request, tn } from '../messages.js';
import { freshNumber, groupName } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import { loginTo, type Registry, SPPP } from '../stand.js';

/** Numbers of one prepared request: as many as the server takes. */
const PER_REQUEST = 100_000;

const LIMITS = { SPPP_RATE_ADDRESS_REQUESTS: '6000000/60' };

/** `sppp push` of a CSV file, the process with its start, against Adds that are prepared beforehand and sent one by one. */
export const push: Measure = {
  name: 'push',
  what: 'sppp push of 1,000,000 numbers from CSV ÷ bulk add of prepared requests; its peak memory ÷ that for 10,000',
  async take(stand, options) {
    const [small, large] = options.quick ? [1_000, 20_000] : [10_000, 1_000_000];
    const registry = await stand.registry(0);
    const served = await registry.serve(LIMITS);
    const folder = await mkdtemp(join(options.dir ?? tmpdir(), 'sppp-bench-push-'));
    const peaks: Record<number, number[]> = { [small]: [], [large]: [] };
    const pushOf = (size: number) => async () => {
      const file = join(folder, `${size}.csv`);
      await writeFile(file, csvOf(size));
      const time = await seconds(async () => {
        const peak = await runToEnd(SPPP, ['push', file, '--rant', RANT, '--rar', RAR, '--restart'], loginTo(served));
        peaks[size]?.push((peak ?? Number.NaN) / 2 ** 20);
      });
      await expectAll(registry, size);
      return size / time;
    };
    const prepared = async () => {
      const requests = Array.from({ length: Math.ceil(large / PER_REQUEST) }, (_, index) =>
        addOf(index * PER_REQUEST, Math.min(large, (index + 1) * PER_REQUEST)),
      );
      const time = await seconds(async () => {
        for (const body of requests) expectCode(await served.carrier.post(body));
      });
      await expectAll(registry, large);
      return large / time;
    };
    try {
      const sides = { push: pushOf(large), prepared, small: pushOf(small) };
      const rates = await takeTurns(roundsOf(options, 3), sides, { warmUp: false });
      await registry.drop();
      return [
        {
          measure: 'push',
          name: `objects/s of sppp push of ${count(large)} ÷ of prepared requests`,
          sides: [
            { name: 'push', unit: '/s', spread: spreadOf(rates.push) },
            { name: 'prepared', unit: '/s', spread: spreadOf(rates.prepared) },
          ],
          ratio: ratioOf(rates.push, rates.prepared),
          reach: { of: 'ratio', least: { must: 0.6, aim: 0.9 } },
        },
        ...memoryOf(small, large, peaks),
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

function memoryOf(small: number, large: number, peaks: Record<number, number[]>): Figure[] {
  const [least = [], most = []] = [peaks[small], peaks[large]];
  if ([...least, ...most].some(Number.isNaN)) return []; // there is no /proc here
  return [
    {
      measure: 'push',
      name: `peak memory of sppp push, ${count(large)} ÷ ${count(small)} lines`,
      sides: [
        { name: count(large), unit: 'MB', spread: spreadOf(most) },
        { name: count(small), unit: 'MB', spread: spreadOf(least) },
      ],
      ratio: ratioOf(most, least),
      reach: { of: 'ratio', most: { must: 1.5, aim: 1.2 } },
    },
  ];
}

function csvOf(size: number): string {
  const lines = Array.from({ length: size }, (_, rank) => `${freshNumber(rank)},${groupName(rank)}\n`);
  return `tn,dgName\n${lines.join('')}`;
}

function addOf(from: number, below: number): Buffer {
  const numbers = Array.from({ length: below - from }, (_, index) => from + index);
  return request(
    'Add',
    numbers.map((rank) => tn(freshNumber(rank), groupName(rank))),
  );
}

/** Every number must be there; then they go again. */
async function expectAll({ db, reset }: Registry, size: number): Promise<void> {
  const { rows } = await db.query<{ there: number }>('SELECT count(*)::int AS there FROM sppp.public_identifier');
  if (rows[0]?.there !== size) throw new Error(`${rows[0]?.there} of ${size} numbers are there`);
  await reset();
}
