import type { Obj } from '../client/connect.js';

/** An object as lines for people. */
export function objectLines(object: Obj): string[] {
  return [JSON.stringify(object)];
}
