import { Command } from 'commander';
import type { Pool } from 'pg';
import { type Config, readConfig } from '../config.js';
import { AdministrationFault } from '../registry/administration.js';
import { countFailed, type FailedObject, type FailedPart, findFailed } from '../registry/failed-objects.js';
import { openBody, UnreadableBody } from '../registry/kept-request.js';
import { countLastWritten, findDeletionsBy, findRequest, type JournalRow, readKept } from '../registry/requests.js';
import { administer } from './administer.js';
import { say } from './say.js';

/** Deletions, and objects that failed, that are listed one by one. */
const MOST_DELETIONS = 20;
const MOST_FAILURES = 20;

/** Failures read at once. */
const PAGE = 1000;

/** `sppp transaction`: what a request was and what came of it, for whom a carrier quotes its id to. */
export function transactionCommand(): Command {
  return new Command('transaction')
    .argument('<serverTransId>', 'as in the answer')
    .option('--request', 'print the request itself, if it was kept')
    .option('--failures', 'list all objects that failed, as far as they are kept')
    .description('tell what a request was and what came of it')
    .action(async (serverTransId: string, { request = false, failures = false }: Options) => {
      const config = readConfig(process.env);
      if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(serverTransId)) {
        throw new AdministrationFault(`transaction ${serverTransId}: not an id such as answers have`);
      }
      await administer(config, async (_prisma, pool) => {
        const found = await findRequest(pool, serverTransId);
        if (found === undefined) throw new AdministrationFault(`transaction ${serverTransId}: not known`);
        if (request) return printRequest(found, await readKept(pool, found.id), config);
        const deletions = await findDeletionsBy(pool, found.id, MOST_DELETIONS + 1);
        const written = Object.entries(await countLastWritten(pool, found.id));
        for (const line of requestLines(found)) say(line);
        say(
          `last writer of ${written.map(([noun, count]) => `${count} ${noun}`).join(', ') || 'nothing that is there'}`,
        );
        for (const { registrant, noun, key, offersGone, referencesGone } of deletions.slice(0, MOST_DELETIONS)) {
          const gone = `${offersGone > 0 ? `, ${offersGone} offers` : ''}${referencesGone > 0 ? `, ${referencesGone} references` : ''}`;
          say(`deleted        ${noun} ${key} of ${registrant}${gone}`);
        }
        if (deletions.length > MOST_DELETIONS) say('deleted        … more: see sppp_api.deletion');
        await sayFailures(pool, found, failures ? Number.MAX_SAFE_INTEGER : MOST_FAILURES);
      });
    });
}

interface Options {
  readonly request?: boolean;
  readonly failures?: boolean;
}

/** Lists what failed of a request, at most so many, a page at a time. */
async function sayFailures(pool: Pool, { id, failed }: JournalRow, most: number): Promise<void> {
  let listed = 0;
  for (let after: number | undefined = 0; after !== undefined && listed < most; ) {
    const part: FailedPart = await findFailed(pool, id, after, Math.min(PAGE, most - listed));
    for (const one of part.failed) say(failureLine(one));
    listed += part.failed.length;
    after = part.last;
  }
  const kept = await countFailed(pool, id);
  if (kept > listed) say(`failed         … ${kept - listed} more: --failures lists them`);
  else if (failed > kept && kept > 0) say(`failed         … ${failed - kept} more, which are not kept`);
}

/** What is kept of an object that failed. */
export function failureLine({ index, verb, noun, registrant, identifier, code, ...why }: FailedObject): string {
  const { attrName, attrVal, isCut, reason } = why;
  const what = identifier === null ? noun : `${noun} ${identifier}`;
  const because = reason === null ? '' : ` (${reason})`;
  return `failed         object ${index}: ${verb} ${what} of ${registrant}: ${code} AttrName:${attrName} AttrVal:${attrVal}${isCut ? '…' : ''}${because}`;
}

/** What the journal tells of a request, a line for each thing. */
export function requestLines(row: JournalRow): string[] {
  const codes = Object.entries(row.codes ?? {}).map(([code, objects]) => `${objects} × ${code}`);
  const lines: [string, string | number | null][] = [
    ['transaction', row.serverTransId],
    ['client id', row.clientTransId],
    ['registrar', `${row.registrar ?? 'unknown'}${row.username === null ? '' : ` as ${row.username}`}`],
    ['certificate', row.certificate],
    ['from', [row.remoteAddress, row.userAgent].filter((each) => each !== null).join(' ')],
    ['operation', `${row.operation ?? 'none that could be read'} (${row.mode})`],
    ['received', row.receivedAt.toISOString()],
    [
      'answered',
      row.answeredAt && `${row.answeredAt.toISOString()} (${row.answeredAt.getTime() - row.receivedAt.getTime()} ms)`,
    ],
    ['answer', `${row.code ?? (row.httpStatus === null ? 'none' : `HTTP ${row.httpStatus}`)} ${row.message ?? ''}`],
    ['objects', `${row.objects}, ${row.failed} failed${codes.length === 0 ? '' : `: ${codes.join(', ')}`}`],
    ['committed', row.committed ? 'yes' : 'no'],
    ['kept', row.keptBytes === null ? 'no' : `${row.keptBytes} bytes`],
  ];
  return lines.flatMap(([name, value]) => (value === null || value === '' ? [] : [`${name.padEnd(14)} ${value}`]));
}

function printRequest(
  { serverTransId }: JournalRow,
  kept: Awaited<ReturnType<typeof readKept>>,
  { keep }: Config,
): void {
  if (kept === undefined) throw new AdministrationFault(`transaction ${serverTransId}: the request was not kept`);
  try {
    process.stdout.write(openBody(kept, serverTransId, keep.key));
    process.stdout.write(kept.isWhole ? '\n' : '\n(there was more)\n');
  } catch (error) {
    if (error instanceof UnreadableBody)
      throw new AdministrationFault(`transaction ${serverTransId}: ${error.message}`);
    throw error;
  }
}
