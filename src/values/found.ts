/**
 * A value that must be there, such as the row id of a row that was just written. That it is lost is a fault of this
 * program, never of the data.
 *
 * @param what names the value in the message
 * @throws Error if it is lost
 */
export function found<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`lost: ${what}`);
  return value;
}
