/**
 * What the table keeps of how a client wrote an identifier: nothing if that is the value, and of a plus sign before the
 * value only the sign. `sppp.spelled` is the way back.
 */
export function keptSpelling({
  spelling,
  value,
}: {
  readonly spelling: string;
  readonly value: string;
}): string | undefined {
  if (spelling === value) return undefined;
  return spelling === `+${value}` ? '+' : spelling;
}

/** How a client wrote an identifier, from what the table keeps of it. */
export function spelled(kept: string | null, value: string): string {
  return kept === '+' ? `+${value}` : (kept ?? value);
}
