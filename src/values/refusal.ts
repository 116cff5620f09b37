/** The reason why a value is invalid, for the end of a message, in parentheses. */
export interface Refusal {
  readonly error: string;
}

/** Whether the result of a reader is a refusal. */
export function isRefusal(read: unknown): read is Refusal {
  return typeof read === 'object' && read !== null && 'error' in read;
}
