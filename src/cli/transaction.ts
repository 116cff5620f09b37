import { Command } from 'commander';
import type { Pool } from 'pg';
import { type Config, readConfig } from '../config.js';
import { AdministrationFault } from '../registry/access/administration.js';
import { type ArchivedBody, openBody, UnreadableBodyError } from '../registry/journal/archived-request.js';
import { countFailed, type FailedObject, findFailed } from '../registry/journal/failed-objects.js';
import {
  countLastWritten,
  type Deleted,
  findDeletionsBy,
  findRequest,
  type JournalRow,
  readArchived,
} from '../registry/journal/journalled-requests.js';
import { administer } from './administer.js';
import { jsonOption, printResult, printText, warn, writeOutput } from './output.js';

/** Deletions, and objects that failed, that are listed one by one. */
const MAX_DELETIONS = 20;
const MAX_FAILURES = 20;

/** Failures read at once. */
const PAGE = 1000;

interface Options {
  readonly request?: boolean;
  readonly raw?: boolean;
  readonly failures?: boolean;
  readonly json?: boolean;
}

/** `sppp transaction`: what a request was and what came of it, for whom a carrier quotes its id to. */
export function transactionCommand(): Command {
  return new Command('transaction')
    .argument('<serverTransId>', 'as in the answer')
    .option('--request', 'print the request itself, if it was kept')
    .option('--raw', 'with --request: its bytes as they came, into a file or a pipe')
    .option('--failures', 'list all objects that failed, as far as they are kept')
    .addOption(jsonOption())
    .description('tell what a request was and what came of it')
    .action(
      async (serverTransId: string, { request = false, raw = false, failures = false, json = false }: Options) => {
        const config = readConfig(process.env);
        if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(serverTransId)) {
          throw new AdministrationFault(`transaction ${serverTransId}: not an id such as answers have`);
        }
        if (raw && (!request || json)) throw new AdministrationFault('--raw: with --request, without --json');
        if (raw && process.stdout.isTTY)
          throw new AdministrationFault('--raw: into a file or a pipe, not to a terminal');
        await administer(config, async (_prisma, pool) => {
          const found = await findRequest(pool, serverTransId);
          if (found === undefined) throw new AdministrationFault(`transaction ${serverTransId}: not known`);
          if (request)
            return printRequest(openRequest(found, await readArchived(pool, found.id), config), { raw, json });
          const deletions = await findDeletionsBy(pool, found.id, MAX_DELETIONS + 1);
          const written = await countLastWritten(pool, found.id);
          const failed = await failuresOf(pool, found.id, failures ? Number.MAX_SAFE_INTEGER : MAX_FAILURES);
          printResult({ json }, { ...transactionValue(found, written, deletions), ...failed }, [
            ...requestLines(found),
            ...effectLines(written, deletions),
            ...failureLines(found, failed),
          ]);
        });
      },
    );
}

function transactionValue({ id, ...row }: JournalRow, lastWriterOf: Readonly<Record<string, number>>, all: Deleted[]) {
  const deletions = all.slice(0, MAX_DELETIONS).map(({ transactionId, ...deletion }) => deletion);
  return { ...row, lastWriterOf, deletions, areAllDeletions: all.length <= MAX_DELETIONS };
}

function effectLines(written: Readonly<Record<string, number>>, deletions: readonly Deleted[]): string[] {
  const counts = Object.entries(written).map(([noun, count]) => `${count} ${noun}`);
  return [
    `last writer of ${counts.join(', ') || 'nothing that is there'}`,
    ...deletions.slice(0, MAX_DELETIONS).map(({ registrant, noun, key, offersGone, referencesGone }) => {
      const gone = `${offersGone > 0 ? `, ${offersGone} offers` : ''}${referencesGone > 0 ? `, ${referencesGone} references` : ''}`;
      return `deleted        ${noun} ${key} of ${registrant}${gone}`;
    }),
    ...(deletions.length > MAX_DELETIONS ? ['deleted        … more: see sppp_api.deletion'] : []),
  ];
}

/** What failed of a request: the first of it, and how much of it is kept. */
interface Failures {
  readonly failures: readonly FailedObject[];
  readonly failuresKept: number;
}

async function failuresOf(pool: Pool, transactionId: number, most: number): Promise<Failures> {
  const failures: FailedObject[] = [];
  for (let after: number | undefined = 0; after !== undefined && failures.length < most; ) {
    const part = await findFailed(pool, transactionId, after, Math.min(PAGE, most - failures.length));
    failures.push(...part.failed);
    after = part.last;
  }
  return { failures, failuresKept: await countFailed(pool, transactionId) };
}

function failureLines({ failed }: JournalRow, { failures, failuresKept }: Failures): string[] {
  const lines = failures.map(failureLine);
  if (failuresKept > failures.length) {
    lines.push(`failed         … ${failuresKept - failures.length} more: --failures lists them`);
  } else if (failed > failuresKept && failuresKept > 0) {
    lines.push(`failed         … ${failed - failuresKept} more, which are not kept`);
  }
  return lines;
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

interface OpenRequest {
  readonly serverTransId: string;
  readonly bytes: Buffer;
  readonly charset: string | undefined;
  readonly isWhole: boolean;
}

function openRequest({ serverTransId }: JournalRow, kept: ArchivedBody | undefined, { keep }: Config): OpenRequest {
  if (kept === undefined) throw new AdministrationFault(`transaction ${serverTransId}: the request was not kept`);
  const { charset, isWhole } = kept;
  try {
    return { serverTransId, bytes: openBody(kept, serverTransId, keep.key), charset, isWhole };
  } catch (error) {
    if (error instanceof UnreadableBodyError)
      throw new AdministrationFault(`transaction ${serverTransId}: ${error.message}`);
    throw error;
  }
}

async function printRequest(request: OpenRequest, { raw, json }: { raw: boolean; json: boolean }): Promise<void> {
  const { serverTransId, bytes, charset, isWhole } = request;
  if (raw) {
    await writeOutput(bytes);
    if (!isWhole) warn(`transaction ${serverTransId}: there was more than was kept`);
  } else {
    const text = decoded(bytes, charset);
    if (json) printResult({ json }, { serverTransId, isWhole, charset: charset ?? null, request: text }, []);
    else printText(isWhole ? text : `${text}\n(there was more)`);
  }
}

/** As its sender said, or its first bytes do. */
function decoded(bytes: Buffer, charset: string | undefined): string {
  const isUtf16 = bytes[0] === 0xff || bytes[0] === 0xfe || bytes[0] === 0 || bytes[1] === 0;
  const guessed = isUtf16 ? (bytes[0] === 0xfe || bytes[0] === 0 ? 'utf-16be' : 'utf-16le') : 'utf-8';
  try {
    return new TextDecoder(charset === undefined || /^utf-16$/i.test(charset) ? guessed : charset).decode(bytes);
  } catch {
    return new TextDecoder(guessed).decode(bytes);
  }
}
