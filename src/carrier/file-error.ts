import { visible } from '../values/visible.js';

/** What is wrong with a file, for the errors of the system that its user meets most. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['EISDIR', 'this is a folder, not a file'],
  ['ENOTDIR', 'a file is where a folder has to be'],
  ['EEXIST', 'a file is where a folder has to be'],
  ['EACCES', 'no permission'],
]);

/**
 * Makes an error of the system one that names the file and says what is expected; it keeps its code. Use it as the handler of
 * a rejection. Other errors are thrown as they are.
 */
export function namingFile(file: string, expected: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && /^E[A-Z]+$/.test(String(error.code)))) throw error;
    const reason = reasons.get(String(error.code)) ?? error.message;
    throw Object.assign(new Error(`${visible(file)}: ${reason}; ${expected}`, { cause: error }), { code: error.code });
  };
}
