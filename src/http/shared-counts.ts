import type { PrimaryLink } from '../workers/primary-link.js';
import type { FailedLogins, LoginNews } from './failed-logins.js';
import type { Spending, Throttle } from './throttle.js';

/** Milliseconds between two messages about what was spent: by so much a rate may be exceeded at several workers. */
const TELL_EVERY_MS = 50;

/** The same while no rate is nearly used up, as messages take processor time: so many times as long. */
const SELDOM = 20;

/**
 * Lets the workers of a node count as one process does: each tells the others of wrong passwords at once, and of what its
 * clients have spent of their rates 20 times a second; once a second while each rate has so much left that nothing is refused.
 *
 * @returns ends it
 */
export function shareCounts(
  worker: Pick<PrimaryLink, 'share' | 'assignment'>,
  throttle: Throttle,
  failedLogins: FailedLogins,
): () => void {
  const tellLogins = worker.share<LoginNews>('logins', (news) => failedLogins.hear(news));
  failedLogins.tell = tellLogins;
  const tellSpending = worker.share<Spending>('rates', (spending) => throttle.hear(spending));
  throttle.note(worker.assignment.workers);
  let turns = 0;
  const timer = setInterval(() => {
    turns += 1;
    if (turns < SELDOM && !throttle.isDue) return;
    turns = 0;
    const spending = throttle.noted();
    if (spending !== undefined) tellSpending(spending);
  }, TELL_EVERY_MS).unref();
  return () => clearInterval(timer);
}
