/** Why a value is not taken: words fit for the end of an error message, in parentheses. */
export interface Refusal {
  readonly error: string;
}

/** Tells a refusal from what a reader gives otherwise. */
export function isRefusal(read: unknown): read is Refusal {
  return typeof read === 'object' && read !== null && 'error' in read;
}
