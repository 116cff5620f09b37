import type { Submittable } from 'pg';

/** Several messages that are sent to the database together; the driver has no query for that. */
export interface Exchange extends Submittable {
  /** Its name in traces. */
  readonly name: string;
  /** Resolves when the database has carried out all of it, rejects when it has refused a part. */
  readonly ended: Promise<void>;
  /** The driver calls it when the exchange fails. */
  handleError(error: unknown): void;
}

/** Whether an argument of the driver's `query` is such an exchange. */
export function isExchange(asked: unknown): asked is Exchange {
  return typeof asked === 'object' && asked !== null && 'submit' in asked && 'ended' in asked;
}
