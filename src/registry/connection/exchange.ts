import type { Submittable } from 'pg';

/** Several messages that go to the database at once, which the driver has no query for. */
export interface Exchange extends Submittable {
  /** What traces call its statements. */
  readonly statements: readonly string[];
  /** How many statements it has. PostgreSQL gives each of them the time of one, and answers all at the end. */
  readonly count: number;
  /** Settled when the database has answered all of it, or refused some of it. */
  readonly ended: Promise<void>;
  /** The driver calls it when the exchange fails. */
  handleError(error: unknown): void;
}

/** Whether what is given to the driver is such an exchange. */
export function isExchange(asked: unknown): asked is Exchange {
  return typeof asked === 'object' && asked !== null && 'submit' in asked && 'ended' in asked;
}
