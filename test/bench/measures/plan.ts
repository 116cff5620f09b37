import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { runToEnd } from '../child.js';
import { count, type Measure, presentOf, roundsOf } from '../measure.js';
import { groupName, singleNumber } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import { loginTo, SPPP } from '../stand.js';

/** The file of numbers in the folder of a pull. */
const NUMBERS = 'tn.csv';

/** `sppp plan` of what `sppp pull` wrote with some lines changed, against the pull; both with the start of the process. */
export const plan: Measure = {
  name: 'plan',
  what: 'sppp plan of 1,000,000 numbers with 1,000 differences ÷ sppp pull of them',
  async take(stand, options) {
    const present = presentOf(options);
    const differences = present / 1000;
    const registry = await stand.registry(present);
    const served = await registry.serve();
    const folder = await mkdtemp(join(options.dir ?? tmpdir(), 'sppp-bench-plan-'));
    const pulled = join(folder, 'pulled');
    const desired = join(folder, 'desired');
    const file = join(folder, 'plan.json');
    const pull = () => seconds(() => runToEnd(SPPP, ['pull', '--out', pulled], loginTo(served)));
    try {
      await pull();
      await mkdir(desired);
      await change(join(pulled, NUMBERS), join(desired, NUMBERS), present / differences);
      const sides = {
        pull,
        plan: async () => {
          const time = await seconds(() => runToEnd(SPPP, ['plan', desired, '--out', file], loginTo(served)));
          await expectChanges(file, differences);
          return time;
        },
      };
      const times = await takeTurns(roundsOf(options, 3), sides, { warmUp: false });
      await registry.drop();
      return [
        {
          measure: 'plan',
          name: `sppp plan of ${count(present)} numbers with ${count(differences)} differences ÷ sppp pull of them`,
          sides: [
            { name: 'plan', unit: 's', spread: spreadOf(times.plan) },
            { name: 'pull', unit: 's', spread: spreadOf(times.pull) },
          ],
          ratio: ratioOf(times.plan, times.pull),
          reach: { of: 'ratio', most: { must: 1.5, aim: 1.1 } },
        },
      ];
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Copies a file of numbers with every so many lines changed: in turn, the number gets another group, goes, gets a neighbour. */
async function change(from: string, to: string, every: number): Promise<void> {
  await pipeline(Readable.from(changed(from, every)), createWriteStream(to));
}

async function* changed(from: string, every: number): AsyncGenerator<string, void> {
  let rank = -1;
  for await (const line of createInterface({ input: createReadStream(from) })) {
    const turn = rank % every === 0 ? (rank / every) % 3 : -1;
    if (turn === 0) yield `${line.replace(/DEST_GRP_\d+/, (group) => groupName(Number(group.slice(-3)) + 1))}\n`;
    else if (turn !== 1) yield `${line}\n`;
    if (turn === 2) yield `${line.replace(/\d{11}/, singleNumber(rank))}\n`;
    rank += 1;
  }
}

async function expectChanges(file: string, differences: number): Promise<void> {
  const { changes } = JSON.parse(await readFile(file, 'utf8')) as { changes: unknown[] };
  if (changes.length !== differences) throw new Error(`${changes.length} changes of ${differences} in the plan`);
}
