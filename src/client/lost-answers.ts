import { setTimeout as delay } from 'node:timers/promises';
import { identityOf } from '../model/identity.js';
import type { RequestRule } from '../sppp/grammar.js';
import type { ChangeItem } from './change-item.js';
import type { ChangeMeans, ChangeRequest } from './change-means.js';
import { amongAll, outcomeOf, select, withUnknownClaims, withVerdicts } from './judged-items.js';
import type { Outcome, Verdict } from './outcome.js';
import { ruleOfChange } from './request-rules.js';
import { LostAnswerError, SpppError } from './sppp-error.js';
import type { Transaction } from './transactions.js';

/** Milliseconds between two questions. */
const FIRST_WAIT_MS = 50;
const MAX_WAIT_MS = 1000;

/**
 * What became of a request whose answer was lost: its outcome, `undone` if it left nothing, `unknown` if nothing was heard of
 * it, `unanswered` at a server that cannot say.
 *
 * @param lost how many times it was sent without an answer
 * @param since when it was sent at the latest, by performance.now(), if that is known
 * @throws LostAnswerError if the server cannot be asked
 */
export async function earlierOutcome(
  request: ChangeRequest,
  lost: number,
  means: ChangeMeans,
  since?: number,
): Promise<Outcome | 'undone' | 'unknown' | 'unanswered'> {
  let until = since === undefined ? undefined : since + means.settleFor;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, MAX_WAIT_MS)) {
    const rows = await asked(request, () => means.transactions.named(request.clientTransId));
    if (rows === undefined) return 'unanswered';
    const [latest, ...others] = rows.filter(hasOutcome);
    if (latest !== undefined) {
      const outcome = await asked(request, () => outcomeOfRow(latest, request, means));
      return withRows(outcome, others, request, means);
    }
    if (rows.filter(({ code }) => code === null).length >= lost) return 'undone';
    until ??= performance.now() + means.settleFor;
    if (performance.now() >= until) return 'unknown';
    await delay(wait);
  }
}

/** The outcome of a request that was sent again while nothing was known of the time before. */
export async function withEarlier(outcome: Outcome, request: ChangeRequest, means: ChangeMeans): Promise<Outcome> {
  const rows = await asked(request, () => means.transactions.named(request.clientTransId));
  const earlier = (rows ?? []).filter(({ serverTransId }) => serverTransId !== outcome.serverTransId);
  return withRows(outcome, earlier.filter(hasOutcome), request, means);
}

/** An item that one of the requests did is done: the others may have found it so. */
async function withRows(
  outcome: Outcome,
  others: readonly Transaction[],
  request: ChangeRequest,
  means: ChangeMeans,
): Promise<Outcome> {
  let merged = outcome;
  for (const row of others.filter(({ committed }) => committed)) {
    const { verdicts } = await asked(request, () => outcomeOfRow(row, request, means));
    const failed = new Set(verdicts.map(({ index }) => index));
    const isStill = ({ code, index }: Verdict) => code === 1000 || failed.has(index);
    const done = merged.verdicts.flatMap((verdict) => (isStill(verdict) ? [] : (verdict.index ?? [])));
    merged = withVerdicts(merged, merged.verdicts.filter(isStill), request.items.length);
    merged = withUnknownClaims(merged, request.items, done);
  }
  return merged;
}

/**
 * The outcome of a request that was sent again to a server that cannot say what became of it the first time. A key that it does
 * not find (2102) in a repeated delete counts as deleted. Such a server stops at the first one, so it is asked which of
 * the objects are there, and the rest of the request is sent without those that are not.
 */
export async function stillToDo(
  outcome: Outcome,
  items: readonly ChangeItem[],
  rule: RequestRule,
  means: ChangeMeans,
): Promise<Outcome> {
  const isGone = ({ verb, code }: Verdict) => code === 2102 && (verb === 'delete' || verb === 'reject');
  if (!outcome.verdicts.some(isGone)) return outcome;
  const keys = items.flatMap((item) => (item.verb === 'delete' || item.verb === 'reject' ? [item.subject] : []));
  const { objects } = await means.get(keys);
  const there = new Set(objects.map(identityOf));
  const rest = select(
    items,
    ({ verb, subject }) => !(verb === 'delete' || verb === 'reject') || there.has(identityOf(subject)),
  );
  if (rest.items.length === items.length) return outcome;
  if (rest.items.length === 0) return withVerdicts(outcome, [], items.length);
  const answer = await means.send(rule, { offeredBy: [], offeredTo: [] }, rest.items, means.mode);
  return amongAll(outcomeOf(answer, rest.items, means.mode), rest, items.length);
}

function hasOutcome({ code, failed }: Transaction): boolean {
  return code === 1000 || (code === 2100 && failed > 0);
}

async function outcomeOfRow(
  row: Transaction,
  { items, clientTransId }: ChangeRequest,
  means: ChangeMeans,
): Promise<Outcome> {
  const { code, message, serverTransId, failed } = row;
  const stored = failed === 0 ? [] : await means.transactions.failuresOf(row, items);
  const verdicts = stored.length < failed ? [...stored, ...(await unstored(stored, items, means))] : stored;
  const applied = code === 1000 ? items.length : means.mode === 'atomic' ? 0 : items.length - failed;
  const outcome = { code: code ?? 0, message: message ?? '', clientTransId, serverTransId, applied, verdicts };
  const failedAt = new Set(verdicts.map(({ index }) => index));
  const done = applied === 0 ? [] : [...items.keys()].filter((index) => !failedAt.has(index));
  return withUnknownClaims({ ...outcome, isIndexed: true }, items, done);
}

/**
 * The server stores the first failures of a request only. Of the items behind those, /sppp/validate tells the same, but for keys
 * that are gone now (2102): they were deleted or not there, and are not told as failed.
 */
async function unstored(
  stored: readonly Verdict[],
  items: readonly ChangeItem[],
  means: ChangeMeans,
): Promise<Verdict[]> {
  const last = stored.at(-1)?.index ?? -1;
  const rest = select(items, (_, index) => index > last);
  const answer = await means.send(ruleOfChange(rest.items), { offeredBy: [], offeredTo: [] }, rest.items, 'validate');
  const { verdicts } = amongAll(outcomeOf(answer, rest.items, 'validate'), rest, items.length);
  return verdicts.filter(({ verb, code }) => code !== 1000 && (verb === 'add' || code !== 2102));
}

/** Asks until the server answers, for as long as the request may wait. */
async function asked<T>({ clientTransId, patience }: ChangeRequest, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const lost = new LostAnswerError(
        `the answer was lost, and the server cannot be asked whether it carried out ${clientTransId}: ${why}`,
        false,
        clientTransId,
      );
      const mayPass = error instanceof SpppError && (error.isRetrySafe || error instanceof LostAnswerError);
      if (!mayPass) throw lost;
      await patience.afterError(error).catch(() => {
        throw lost;
      });
    }
  }
}
