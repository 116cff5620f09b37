import type { ChangeItem } from '../client/change-item.js';
import type { Connection, Outcome, StopSignal, Verdict } from '../client/connect.js';
import { WholeRequestError } from '../client/sppp-error.js';
import { itemsOf, type Part, type PushLine } from './push-parts.js';
import type { ResultRow } from './results-file.js';

/** How parts are sent, and the most items of one request that the server has named. */
export interface Sending {
  readonly connection: Connection;
  /** The beginning of each clientTransId. */
  readonly run: string;
  readonly signal: StopSignal;
  readonly onThrottled: (wait: number) => void;
  limit: number | undefined;
  /** Notes a limit before anything is sent by it. */
  limited(limit: number): Promise<void>;
}

/**
 * Sends a part, in one request or in as many as the server's limit needs, and returns the verdict on each of its lines, in
 * their order. The ids of the requests follow from the run, the part and the limit, so that a program that goes on can ask for
 * them.
 *
 * @throws SpppError where a request has no outcome
 */
export async function sendPart(part: Part, sending: Sending): Promise<ResultRow[]> {
  const items = itemsOf(part);
  for (;;) {
    const { limit } = sending;
    try {
      return rowsOf(part.lines, await verdictsOf(part, items, sending, limit));
    } catch (error) {
      const isTooLarge = error instanceof WholeRequestError && error.code === 2001 && error.maxSupported !== undefined;
      if (!isTooLarge || (limit !== undefined && error.maxSupported >= limit)) throw error;
      // Several parts may find the limit at once.
      if (sending.limit === limit) await sending.limited(error.maxSupported);
      sending.limit = Math.min(error.maxSupported, sending.limit ?? error.maxSupported);
    }
  }
}

/** What is said about each item, in their order. */
type ItemVerdict = Pick<ResultRow, 'code' | 'reason'>;

async function verdictsOf(
  { part, mayHaveBeenSent }: Part,
  items: readonly ChangeItem[],
  { connection, run, signal, onThrottled }: Sending,
  limit: number | undefined,
): Promise<ItemVerdict[]> {
  const size = limit === undefined || items.length <= limit ? items.length : limit;
  const verdicts: ItemVerdict[] = [];
  for (let from = 0; from < items.length; from += size) {
    const clientTransId = size === items.length ? `${run}-${part}` : `${run}-${part}-${size}-${from}`;
    const slice = items.slice(from, from + size);
    const options = { clientTransId, mayHaveBeenSent, signal, onThrottled };
    const { outcome } = await connection.bulkRequest(slice, options);
    for (const verdict of verdictsIn(outcome, slice)) verdicts.push(verdict);
  }
  return verdicts;
}

const done: ItemVerdict = { code: 1000, reason: '' };

/** The verdict on each item of a request. Items without one share the fate of the request. */
function verdictsIn(outcome: Outcome, items: readonly ChangeItem[]): ItemVerdict[] {
  const failures = outcome.verdicts.filter(({ code }) => code !== done.code);
  const isRestDone = outcome.applied >= items.length - failures.length;
  const rest = isRestDone ? done : { code: outcome.code, reason: `undone with the request: ${outcome.message}` };
  const verdicts = items.map(() => rest);
  for (const verdict of outcome.verdicts) {
    const index = verdict.index ?? items.findIndex(({ subject }) => subject === verdict.object);
    if (index >= 0 && index < items.length && (verdict.code !== done.code || isRestDone))
      verdicts[index] = told(verdict);
  }
  return verdicts;
}

function told({ code, attribute, value, reason, message }: Verdict): ItemVerdict {
  if (code === done.code) return { code, reason: message };
  if (attribute === undefined) return { code, reason: reason ?? message };
  const [text = ''] = message.split(' AttrName:');
  return { code, reason: `${attribute} '${value ?? ''}': ${reason ?? text}` };
}

function rowsOf(lines: readonly PushLine[], verdicts: readonly ItemVerdict[]): ResultRow[] {
  let next = 0;
  return lines.map((each) => {
    if ('row' in each) return each.row;
    const verdict = verdicts[next++];
    if (verdict === undefined) throw new Error(`no verdict on line ${each.line}`);
    return { line: each.line, key: each.key, ...verdict };
  });
}
