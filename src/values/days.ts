export const DAY_MS = 86_400_000;

/** The time that was so many days before another one. */
export function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * DAY_MS);
}
