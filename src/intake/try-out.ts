import type { ClientBase } from 'pg';
import type { ChangeRequest } from '../operations/change.js';
import { type Tried, tryChanges } from '../operations/try-changes.js';
import type { Item } from '../sppp/message.js';
import { TooManyRequestsError } from './accounts.js';
import type { Intake } from './request.js';

/** Changes that are tried, and who tries them. */
export interface Trial extends Pick<ChangeRequest, 'caller' | 'received'> {
  readonly items: readonly Item[];
  /** Where it comes from. */
  readonly address: string;
}

/**
 * Tries changes of a registrar (`operations/try-changes`). They are admitted and accounted for as a request is: they cost the
 * registrar as much, and wait for their turn. They are not journalled, since nothing is left of them.
 *
 * @throws TooManyRequestsError over the rate of the registrar, and what `tryChanges` throws
 */
export async function tryOut<Answer>(
  { items, address, caller, received }: Trial,
  { pool, throttle, commitInquiry, corRules }: Intake,
  ask: (db: ClientBase) => Promise<Answer>,
): Promise<Tried<Answer>> {
  const { registrarId } = caller;
  const slowed = throttle.enter(registrarId);
  if (slowed !== undefined) throw new TooManyRequestsError(slowed);
  try {
    const means = { pool: pool.of(registrarId, received.disconnected), commitInquiry, corRules };
    return await tryChanges(items, { caller, received }, means, ask);
  } finally {
    throttle.spent(registrarId, address, { objects: items.length, undone: 0 });
  }
}
