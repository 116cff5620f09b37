import { v7 as newTransId } from 'uuid';
import { recordRequest } from '../registry/journal/journal.js';
import type { Registry, Request } from './execute.js';

/**
 * Journals a request of a known caller that was no message, or not to its end, and so is answered without SPPP.
 *
 * @returns the number that it is journalled under
 */
export async function journalUnread(
  request: Omit<Request, 'head' | 'items' | 'refused'> & { readonly receivedAt: Date },
  { status, reason }: { readonly status: number | undefined; readonly reason: string },
  { pool, clock, log }: Pick<Registry, 'pool' | 'clock' | 'log'>,
): Promise<string> {
  const serverTransId = newTransId();
  const { caller, ...origin } = request;
  const { registrarId, credentialId, certificate } = caller;
  const unknown = { clientTransId: undefined, operation: undefined };
  const received = { serverTransId, ...unknown, registrarId, credentialId, certificate, ...origin };
  const nothing = { objects: 0, failed: 0, codes: new Map<number, number>(), failedObjects: [], committed: false };
  try {
    await recordRequest(pool, received, {
      code: undefined,
      httpStatus: status,
      message: reason,
      ...nothing,
      answeredAt: clock(),
    });
  } catch (error) {
    // Without a database there is no journal, but the client is to be told all the same.
    log.error({ err: error, serverTransId }, 'refusal not journalled');
  }
  return serverTransId;
}
