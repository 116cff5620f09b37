import { Command } from 'commander';
import type { Pool } from 'pg';
import { type Config, readConfig } from '../config.js';
import { OperatorError } from '../operator-error.js';
import { type ArchivedBody, openBody, UnreadableBodyError } from '../registry/journal/archived-request.js';
import { countFailed, type FailedObject, findFailed } from '../registry/journal/failed-objects.js';
import {
  countLastWritten,
  type Deleted,
  findDeletionsBy,
  findRequest,
  isServerTransId,
  type JournalRow,
  readArchived,
} from '../registry/journal/journalled-requests.js';
import { administer } from './administer.js';
import { jsonOption, printResult, printText, warn, writeOutput } from './output.js';

/** Deletions and failed objects that are printed without --failures. */
const MAX_DELETIONS = 20;
const MAX_FAILURES = 20;

/** Failures that one statement reads. */
const PAGE_SIZE = 1000;

interface Options {
  readonly request?: boolean;
  readonly raw?: boolean;
  readonly failures?: boolean;
  readonly json?: boolean;
}

/** `sppp transaction`: a request and its outcome, by the id that a carrier quotes. */
export function transactionCommand(): Command {
  return new Command('transaction')
    .argument('<serverTransId>', 'as in the answer')
    .option('--request', 'print the request itself, if it was archived')
    .option('--raw', 'with --request: its bytes as received, into a file or a pipe')
    .option('--failures', 'list all failed objects that are on record')
    .addOption(jsonOption())
    .description('print a request and its outcome')
    .action(
      async (serverTransId: string, { request = false, raw = false, failures = false, json = false }: Options) => {
        const config = readConfig(process.env);
        if (!isServerTransId(serverTransId)) {
          throw new OperatorError(`transaction ${serverTransId}: not an id such as answers have`);
        }
        if (raw && (!request || json)) throw new OperatorError('--raw: with --request, without --json');
        if (raw && process.stdout.isTTY) throw new OperatorError('--raw: into a file or a pipe, not to a terminal');
        await administer(config, async (_prisma, pool) => {
          const found = await findRequest(pool, serverTransId);
          if (found === undefined) throw new OperatorError(`transaction ${serverTransId}: not known`);
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
      const consequences = `${offersGone > 0 ? `, ${offersGone} offers` : ''}${referencesGone > 0 ? `, ${referencesGone} references` : ''}`;
      return `deleted        ${noun} ${key} of ${registrant}${consequences}`;
    }),
    ...(deletions.length > MAX_DELETIONS ? ['deleted        … more: see sppp_api.deletion'] : []),
  ];
}

/** The failed objects of a request that are printed, and the number on record. */
interface Failures {
  readonly failures: readonly FailedObject[];
  readonly failuresKept: number;
}

async function failuresOf(pool: Pool, transactionId: number, max: number): Promise<Failures> {
  const failures: FailedObject[] = [];
  for (let after: number | undefined = 0; after !== undefined && failures.length < max; ) {
    const part = await findFailed(pool, transactionId, after, Math.min(PAGE_SIZE, max - failures.length));
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
    lines.push(`failed         … ${failed - failuresKept} more, which are not on record`);
  }
  return lines;
}

/** The record of a failed object as one line. */
export function failureLine({ index, verb, noun, registrant, identifier, code, ...why }: FailedObject): string {
  const { attrName, attrVal, isCut, reason } = why;
  const what = identifier === null ? noun : `${noun} ${identifier}`;
  const because = reason === null ? '' : ` (${reason})`;
  return `failed         object ${index}: ${verb} ${what} of ${registrant}: ${code} AttrName:${attrName} AttrVal:${attrVal}${isCut ? '…' : ''}${because}`;
}

/** The journal row of a request, a line for each fact. */
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

function openRequest(
  { serverTransId }: JournalRow,
  archived: ArchivedBody | undefined,
  { archive }: Config,
): OpenRequest {
  if (archived === undefined) throw new OperatorError(`transaction ${serverTransId}: the request was not archived`);
  const { charset, isWhole } = archived;
  try {
    return { serverTransId, bytes: openBody(archived, serverTransId, archive.key), charset, isWhole };
  } catch (error) {
    if (error instanceof UnreadableBodyError) throw new OperatorError(`transaction ${serverTransId}: ${error.message}`);
    throw error;
  }
}

async function printRequest(request: OpenRequest, { raw, json }: { raw: boolean; json: boolean }): Promise<void> {
  const { serverTransId, bytes, charset, isWhole } = request;
  if (raw) {
    await writeOutput(bytes);
    if (!isWhole) warn(`transaction ${serverTransId}: the request was longer; its end is not archived`);
  } else {
    const text = decoded(bytes, charset);
    if (json) printResult({ json }, { serverTransId, isWhole, charset: charset ?? null, request: text }, []);
    else printText(isWhole ? text : `${text}\n(its end is not archived)`);
  }
}

/** Decodes a request by the charset that its sender named, or else by its first bytes. */
function decoded(bytes: Buffer, charset: string | undefined): string {
  const isUtf16 = bytes[0] === 0xff || bytes[0] === 0xfe || bytes[0] === 0 || bytes[1] === 0;
  const guessed = isUtf16 ? (bytes[0] === 0xfe || bytes[0] === 0 ? 'utf-16be' : 'utf-16le') : 'utf-8';
  try {
    return new TextDecoder(charset === undefined || /^utf-16$/i.test(charset) ? guessed : charset).decode(bytes);
  } catch {
    return new TextDecoder(guessed).decode(bytes);
  }
}
