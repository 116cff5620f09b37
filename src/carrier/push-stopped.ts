import type { PushCounts } from './push-state.js';
import type { PartFailedError } from './send-part.js';

export interface PushReport {
  readonly counts: PushCounts;
  /** The file with the verdicts; undefined where there are none yet. */
  readonly results: string | undefined;
}

/** The lines of the request because of which a push was stopped. */
export interface StoppedAt {
  readonly first: number;
  readonly last: number;
  /** It is certain that the registry has carried out none of them. */
  readonly isUndone: boolean;
}

/** A push that ended before the end of its file. */
export class PushStoppedError extends Error {
  override readonly name = 'PushStoppedError';

  constructor(
    cause: unknown,
    readonly report: PushReport,
    /** Whether it can go on with `--resume`. */
    readonly canGoOn: boolean,
    /** The first lines without a verdict, where a request with them has ended without one. */
    readonly at?: StoppedAt,
  ) {
    super('the push was stopped', { cause });
  }
}

/** Which lines a part that has no verdicts is about. */
export function linesOf({ part: { lines }, isUndone }: PartFailedError): StoppedAt | undefined {
  const numbers = lines.map((each) => ('row' in each ? each.row.line : each.line));
  const [first] = numbers;
  const last = numbers.at(-1);
  return first === undefined || last === undefined ? undefined : { first, last, isUndone };
}
