import type { Key } from '../model/key.js';
import type { Answer } from '../sppp/decode-answer.js';
import type { RequestRule } from '../sppp/grammar.js';
import type { Head } from '../sppp/message.js';
import type { StopSignal } from './bulk-options.js';
import type { ChangeItem } from './change-item.js';
import type { Found } from './outcome.js';
import type { Patience } from './patience.js';
import type { Mode } from './resource.js';
import type { Transactions } from './transactions.js';

/** One request that changes objects. */
export interface ChangeRequest {
  readonly items: readonly ChangeItem[];
  /** Unique: a lost answer is asked for by it. */
  readonly clientTransId: string;
  /** A program that has ended may have sent it before. */
  readonly mayHaveBeenSent?: boolean | undefined;
  /** When that program had surely ended, by performance.now(). */
  readonly sentBefore?: number | undefined;
  readonly patience: Patience;
  readonly signal?: StopSignal | undefined;
}

/** What changes are sent with. */
export interface ChangeMeans {
  readonly mode: Mode;
  /** Sends a request once. */
  send(rule: RequestRule, head: Omit<Head, 'rule'>, items: readonly ChangeItem[], mode: Mode): Promise<Answer>;
  get(keys: readonly Key[]): Promise<Found>;
  readonly transactions: Transactions;
  /** Whether a server that cannot be reached is waited for, as it is once it has answered. */
  waitsForServer(): boolean;
  /** Milliseconds for which the end of a request is asked for that may be under way. */
  readonly settleFor: number;
}
