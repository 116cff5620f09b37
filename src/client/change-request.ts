import type { ChangeMeans, ChangeRequest } from './change-means.js';
import { outcomeOf } from './judged-items.js';
import { earlierOutcome, stillToDo, withEarlier } from './lost-answers.js';
import type { Outcome } from './outcome.js';
import { ruleOfChange } from './request-rules.js';
import {
  FaultAnswerError,
  HttpStatusError,
  LostAnswerError,
  NotConnectedError,
  ThrottledError,
  UnreadableAnswerError,
  WholeRequestError,
} from './sppp-error.js';

/** A request that was carried out, and whether that was learned by GET /transaction. */
export interface Carried {
  readonly outcome: Outcome;
  readonly settled: boolean;
}

/** Answers that may be lost until a request is given up. */
const MAX_LOST = 5;

/**
 * Carries out a request to its end: waits where the server asks for that, and learns of a lost answer before it sends anything
 * again.
 *
 * Why nothing is lost or told twice. The id is that of this request alone, and the server writes the row that GET finds in the
 * commit of the objects, so a row with an outcome is the end of the request, and its failures are the verdicts. A row without
 * one, and a body that did not go out whole, mean that nothing was done: the request is sent again. Without a row the request
 * may be under way. The server gives up a request whose connection has ended within five seconds, unless its commit has begun
 * by then, and that writes the row; so after `settleFor` without a row nothing will come of it, and it is sent again. Should
 * the network hide from the server that the connection has ended, it may carry out both: then each finds the other's row
 * after it, for both lock the same objects, and an item counts as done if either did it (`withEarlier`). What both did is
 * what one does, because an add that is repeated replaces an object by itself.
 *
 * @throws an SpppError if it has no outcome, the signal's reason if that stops it before it is sent
 */
export async function carryOut(request: ChangeRequest, means: ChangeMeans): Promise<Carried> {
  const { items, clientTransId, patience, signal } = request;
  const rule = ruleOfChange(items);
  const head = { clientTransId, offeredBy: [], offeredTo: [] };
  let lost = request.mayHaveBeenSent ? Number.POSITIVE_INFINITY : 0;
  let isInDoubt = lost > 0;
  let since = request.sentBefore;
  let isRepeated: 'here' | 'elsewhere' | undefined;
  const known = (error: unknown) => (isRepeated === 'elsewhere' ? stillInDoubt(error, clientTransId) : error);
  for (let losses = 0; ; ) {
    if (isInDoubt) {
      const earlier = await earlierOutcome(request, lost, means, since);
      since = undefined; // from here on it is sent by this program
      if (typeof earlier === 'object') return { outcome: earlier, settled: true };
      if (earlier !== 'undone') isRepeated = earlier === 'unknown' ? 'here' : 'elsewhere';
      isInDoubt = false;
    }
    if (signal?.aborted) throw known(signal.reason);
    try {
      const answer = await means.send(rule, head, items, means.mode);
      const outcome = outcomeOf(answer, items, means.mode);
      if (isRepeated === 'here') return { outcome: await withEarlier(outcome, request, means), settled: false };
      if (isRepeated === 'elsewhere') return { outcome: await stillToDo(outcome, items, rule, means), settled: false };
      return { outcome, settled: false };
    } catch (error) {
      if (error instanceof LostAnswerError || error instanceof UnreadableAnswerError) {
        isInDoubt = true;
        lost += 1;
        losses += 1;
        if (losses >= MAX_LOST) throw new LostAnswerError(error.message, false, clientTransId);
      } else if (isWaitedFor(error, means)) {
        await patience.afterError(error).catch((ended) => {
          throw known(ended);
        });
      } else {
        throw known(error);
      }
    }
  }
}

/**
 * The error of a request that was sent before, to a server that cannot say what became of it then. Only a refusal of the request
 * as a whole says so of both.
 */
function stillInDoubt(error: unknown, clientTransId: string): unknown {
  const isRefusal =
    error instanceof WholeRequestError || error instanceof HttpStatusError || error instanceof FaultAnswerError;
  if (isRefusal) return error;
  const why = error instanceof Error ? error.message : String(error);
  const message = `an answer was lost, and the server cannot say whether it carried out ${clientTransId}; then: ${why}`;
  return new LostAnswerError(message, false, clientTransId);
}

function isWaitedFor(error: unknown, means: ChangeMeans): error is Error {
  if (error instanceof NotConnectedError) return means.waitsForServer();
  return error instanceof ThrottledError;
}
