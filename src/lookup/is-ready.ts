import { setTimeout as delay } from 'node:timers/promises';
import type { Lookups } from './lookups.js';

/** Time in which the database has to answer. */
const READY_MS = 900;

/** Whether look-ups can be answered now: the database answers within a second, and its data are not too old. */
export async function isReady(lookups: Pick<Lookups, 'checkAge'>): Promise<boolean> {
  const late = new AbortController();
  const asked = lookups.checkAge().then(
    () => true,
    () => false,
  );
  try {
    return await Promise.race([asked, delay(READY_MS, false, { signal: late.signal })]);
  } finally {
    late.abort();
  }
}
