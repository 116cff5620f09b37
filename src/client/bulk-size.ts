import { HttpStatusError, WholeRequestError } from './sppp-error.js';

/** Whether the server refused a request because it is too large: 2001 counts objects and lists, 413 bytes. */
export function isTooLarge(error: unknown): error is WholeRequestError | HttpStatusError {
  if (error instanceof HttpStatusError) return error.status === 413;
  return error instanceof WholeRequestError && error.code === 2001;
}

/**
 * How many items a request may have, if one with so many was too large; undefined if it was refused for another reason, or has
 * one item. 2001 names the most objects, but long lists can be too much in fewer ones.
 */
export function smallerSize(error: unknown, count: number): number | undefined {
  if (!isTooLarge(error)) return undefined;
  const half = Math.ceil(count / 2);
  const most = limitIn(error) ?? half;
  const size = most >= 1 && most < count ? most : half;
  return size < count ? size : undefined;
}

/** The most objects of any request, if the server has named that. */
export function limitIn(error: WholeRequestError | HttpStatusError): number | undefined {
  return error instanceof WholeRequestError ? error.maxSupported : undefined;
}
