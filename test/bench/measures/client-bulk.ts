import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { expectCode } from '../carrier.js';
import type { ClientRun } from '../client-program.js';
import type { Figure } from '../figure.js';
import { count, type Measure, roundsOf } from '../measure.js';
import { rankOf } from '../numbers.js';
import { seconds, takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import { type Registry, ROOT, user } from '../stand.js';
import { addOf } from './bulk-add.js';

const PROGRAM = fileURLToPath(new URL('../client-program.js', import.meta.url));
const LIBRARY = pathToFileURL(join(ROOT, 'dist/client/connect.js')).href;

/** Numbers in one request that was prepared. */
const PREPARED = 100_000;

/** New numbers by the client library, which makes its requests while it sends them, against requests made before. */
export const clientBulk: Measure = {
  name: 'client-bulk',
  what: 'bulk of the client library ÷ bulk add of prepared requests, and its memory',
  async take(stand, options) {
    const size = options.quick ? 10_000 : 1_000_000;
    const few = size / 100;
    const registry = await stand.registry(0);
    const served = await registry.serve();
    const runs: ClientRun[] = [];
    const peaks: number[] = [];
    const { library, prepared } = await takeTurns(roundsOf(options, 3), {
      library: async () => {
        peaks.push((await run(served.child.url, registry, few)).peak / 2 ** 20);
        const last = await run(served.child.url, registry, size);
        runs.push(last);
        return size / last.seconds;
      },
      prepared: async () => {
        const bodies: Buffer[] = [];
        for (let left = size; left > 0; left -= PREPARED) {
          bodies.push(addOf(registry.blocks.take(Math.min(left, PREPARED))));
        }
        const time = await seconds(async () => {
          for (const body of bodies) expectCode(await served.carrier.post(body));
        });
        await registry.reset();
        return size / time;
      },
    });
    await registry.drop();
    const most = runs.slice(-library.length).map(({ peak }) => peak / 2 ** 20);
    const least = peaks.slice(-library.length);
    const cpu = runs.slice(-library.length).map((each) => each.cpu);
    return [
      {
        measure: 'client-bulk',
        name: `objects a second by the client library, ${count(size)} ÷ bulk add of prepared requests`,
        sides: [
          { name: 'library', unit: '/s', spread: spreadOf(library) },
          { name: 'prepared', unit: '/s', spread: spreadOf(prepared) },
          { name: 'processor time of the client', unit: 's', spread: spreadOf(cpu) },
        ],
        ratio: ratioOf(library, prepared),
        reach: { of: 'ratio', least: { must: 0.6, aim: 0.9 } },
      },
      {
        measure: 'client-bulk',
        name: `peak memory of the client library, ${count(size)} ÷ ${count(few)} objects`,
        sides: [
          { name: count(size), unit: 'MB', spread: spreadOf(most) },
          { name: count(few), unit: 'MB', spread: spreadOf(least) },
        ],
        ratio: ratioOf(most, least),
        reach: { of: 'ratio', most: { must: 1.5, aim: 1.2 } },
      },
    ] satisfies Figure[];
  },
};

/** Adds so many numbers by the library in a process of its own, and takes them away again. */
async function run(url: string, registry: Registry, size: number): Promise<ClientRun> {
  const [first = '0'] = registry.blocks.take(size).numbers;
  const rank = String(rankOf(first));
  const args = [PROGRAM, LIBRARY, url, user.username, user.password, rank, String(size)];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  await registry.reset();
  return JSON.parse(stdout) as ClientRun;
}
