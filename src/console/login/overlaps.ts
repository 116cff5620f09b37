/** How long a former password, or secret, stays valid when there is a new one. */
export const overlaps = [
  { word: 'none', name: 'at once', hours: 0 },
  { word: 'day', name: 'after a day', hours: 24 },
  { word: 'week', name: 'after a week', hours: 168 },
  { word: 'month', name: 'after 30 days', hours: 720 },
] as const;

export const overlapWords = overlaps.map(({ word }) => word);
export const overlapNames: Readonly<Record<string, string>> = Object.fromEntries(
  overlaps.map(({ word, name }) => [word, name]),
);

const HOUR_MS = 3_600_000;

/** One of these by its word; undefined for any other word. */
export function overlapOf(word: string) {
  return overlaps.find((each) => each.word === word);
}

/** When the former password ends, if it is replaced at a time; undefined for a word that is none of these. */
export function overlapEnd(word: string, at: Date): Date | undefined {
  const overlap = overlapOf(word);
  return overlap && new Date(at.getTime() + overlap.hours * HOUR_MS);
}
