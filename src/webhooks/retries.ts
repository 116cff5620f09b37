const [SECOND, MINUTE, HOUR] = [1, 60, 3600];

/** Hours in which nothing but failures disables a webhook. */
export const PATIENCE_HOURS = 72;

/** Seconds between the attempts of one delivery: ten attempts in three days. */
const pauses = [...[5 * SECOND, 30 * SECOND, 2 * MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR, 20 * HOUR], 40 * HOUR];

/** Seconds for which nothing is sent to a webhook that does not answer, by how often that has happened in a row. */
const rests = [5 * SECOND, 15 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR];

/** Seconds until the next attempt after so many that have failed; undefined: there is none. */
export function pauseAfter(attempts: number): number | undefined {
  const pause = pauses[attempts - 1];
  return pause === undefined ? undefined : jittered(pause);
}

/** Seconds for which a webhook rests after so many attempts in a row that nobody answered, from 1. */
export function restAfter(unanswered: number): number {
  return jittered(rests[Math.min(unanswered, rests.length) - 1] ?? 0);
}

/** So that what failed together is not tried again together. */
function jittered(seconds: number): number {
  return seconds * (0.8 + Math.random() * 0.4);
}
