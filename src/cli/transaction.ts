import { Command } from 'commander';
import { type Config, readConfig } from '../config.js';
import { AdministrationFault } from '../registry/administration.js';
import { openBody, UnreadableBody } from '../registry/kept-request.js';
import { countLastWritten, findDeletionsBy, findRequest, type JournalRow, readKept } from '../registry/requests.js';
import { administer } from './administer.js';
import { say } from './say.js';

/** Deletions that are listed one by one. */
const MOST_DELETIONS = 20;

/** `sppp transaction`: what a request was and what came of it, for whom a carrier quotes its id to. */
export function transactionCommand(): Command {
  return new Command('transaction')
    .argument('<serverTransId>', 'as in the answer')
    .option('--request', 'print the request itself, if it was kept')
    .description('tell what a request was and what came of it')
    .action(async (serverTransId: string, { request = false }: { request?: boolean }) => {
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
      });
    });
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
