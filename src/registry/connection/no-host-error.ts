import { type Host, hostText } from './host-list.js';

/** A host that was tried, and why it was not taken. */
export interface RefusedHost {
  readonly host: Host;
  readonly error: Error;
}

/** None of the hosts of a URL could be taken. It counts as a refused connection: asking again later may help. */
export class NoHostError extends Error {
  override readonly name = 'NoHostError';
  readonly code = 'ECONNREFUSED';
  readonly syscall = 'connect';

  constructor(readonly refused: readonly RefusedHost[]) {
    super(refusalsText(refused, ({ message }) => message));
  }
}

/** One line with each host and its reason. */
export function refusalsText(refused: readonly RefusedHost[], reasonOf: (error: Error) => string): string {
  const each = refused.map(({ host, error }) => `${hostText(host)}: ${reasonOf(error)}`);
  return each.length === 1 ? each.join() : `no host can be used: ${each.join('; ')}`;
}
