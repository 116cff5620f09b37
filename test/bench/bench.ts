import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { cpus, platform, release, totalmem } from 'node:os';
import { type Figure, judge, tableOf } from './figure.js';
import type { Measure } from './measure.js';
import { agreements } from './measures/agreements.js';
import { attack } from './measures/attack.js';
import { batch } from './measures/batch.js';
import { bulkAdd } from './measures/bulk-add.js';
import { bulkDelete } from './measures/bulk-delete.js';
import { bytes } from './measures/bytes.js';
import { clientBulk } from './measures/client-bulk.js';
import { comparison } from './measures/comparison.js';
import { consolePages } from './measures/console.js';
import { enumLookups } from './measures/enum.js';
import { enumStatic } from './measures/enum-static.js';
import { events } from './measures/events.js';
import { get } from './measures/get.js';
import { growth } from './measures/growth.js';
import { interactive } from './measures/interactive.js';
import { lookup } from './measures/lookup.js';
import { memory } from './measures/memory.js';
import { neighbours } from './measures/neighbours.js';
import { partial } from './measures/partial.js';
import { plan } from './measures/plan.js';
import { push } from './measures/push.js';
import { replace } from './measures/replace.js';
import { singleAdd } from './measures/single-add.js';
import { webhooks } from './measures/webhooks.js';
import { workers } from './measures/workers.js';
import { type Options, readOptions, usage } from './options.js';
import { openStand, ROOT } from './stand.js';

const measures: readonly Measure[] = [
  bulkAdd,
  bulkDelete,
  clientBulk,
  replace,
  events,
  agreements,
  webhooks,
  partial,
  push,
  plan,
  batch,
  singleAdd,
  workers,
  get,
  lookup,
  memory,
  bytes,
  growth,
  interactive,
  attack,
  neighbours,
  comparison,
  consolePages,
  enumLookups,
  enumStatic,
];

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) {
    process.stdout.write(`${usage}\n${measures.map(({ name, what }) => `${name.padEnd(14)}${what}\n`).join('')}`);
    return;
  }
  const unknown = options.only.filter((name) => measures.every((measure) => measure.name !== name));
  if (unknown.length > 0) throw new Error(`no measure ${unknown.join(', ')}; --list names them`);
  const chosen = measures.filter(({ name }) => options.only.length === 0 || options.only.includes(name));

  const stand = await openStand(options);
  const figures: Figure[] = [];
  const failures: string[] = [];
  try {
    for (const measure of chosen) {
      const since = performance.now();
      process.stderr.write(`${measure.name}: ${measure.what}\n`);
      try {
        const own = await measure.take(stand, options);
        figures.push(...own);
        process.stderr.write(tableOf(own));
      } catch (error) {
        if (stand.isInterrupted) break;
        failures.push(`${measure.name}: ${error instanceof Error ? error.message : String(error)}`);
        process.stderr.write(`  failed: ${error instanceof Error ? error.stack : String(error)}\n`);
        await stand.clear();
      }
      process.stderr.write(`  ${Math.round((performance.now() - since) / 1000)} s\n`);
    }
    const machine = machineOf(stand.version);
    process.stdout.write(`\n${Object.values(machine).join(', ')}\n\n${tableOf(figures)}`);
    for (const failure of failures) process.stdout.write(`\nnot measured: ${failure}\n`);
    if (options.json !== undefined) await writeJson(options.json, machine, options, figures, failures);
  } finally {
    await stand.close();
  }
  if (failures.length > 0) process.exitCode = 1;
}

function machineOf(postgres: string) {
  const [cpu] = cpus();
  return {
    cpu: `${cpus().length} × ${cpu?.model.trim() ?? 'processor'}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GB`,
    system: `${platform()} ${release()}`,
    node: `Node ${process.versions.node}`,
    postgres: `PostgreSQL ${postgres}`,
    commit: commit(),
  };
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8', stdio: 'pipe' }).trim();
    return `commit ${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', 'src', 'prisma') === '' ? '' : ' and changes'}`;
  } catch {
    return 'no commit';
  }
}

function writeJson(
  file: string,
  machine: object,
  options: Options,
  figures: readonly Figure[],
  failures: readonly string[],
): Promise<void> {
  const { quick, full } = options;
  const judged = figures.map((figure) => ({ ...figure, reached: judge(figure) }));
  const all = { at: new Date().toISOString(), machine, options: { quick, full }, figures: judged, failures };
  return writeFile(file, `${JSON.stringify(all, null, 2)}\n`);
}

await main();
