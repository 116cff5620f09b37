import { visible } from '../values/visible.js';

/** An error of the file system: which file, what is wrong with it, and what is expected. */
export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(
    message: string,
    /** Of the system, such as `ENOSPC`. */
    readonly code: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

/** What is done with a file, as a message says it. */
type Doing = 'read' | 'written' | 'removed';

/**
 * The result of work with a file.
 *
 * @throws FileError for an error of the file system: those of Node.js do not always name the file
 */
export async function onFile<T>(path: string, doing: Doing, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(path, doing, error);
  }
}

/** An error of the file system as a FileError; any other one as it is. */
export function fileError(path: string, doing: Doing, error: unknown): unknown {
  if (!isOfSystem(error)) return error;
  const [, reason = error.message] = /^\w+: (.+?), \w+/.exec(error.message) ?? [];
  return new FileError(`${visible(path)}: cannot be ${doing}: ${reason} (${error.code})`, error.code, error);
}

/** What is wrong with a file that was named on the command line, for the errors that its user meets most. */
const reasons: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'there is no such file or folder'],
  ['EISDIR', 'this is a folder, not a file'],
  ['ENOTDIR', 'a file is where a folder has to be'],
  ['EEXIST', 'a file is where a folder has to be'],
  ['EACCES', 'no permission'],
]);

/**
 * Turns an error of the file system into a FileError that says what is expected. Use it as the handler of a rejection. Other
 * errors are thrown as they are.
 */
export function namingFile(file: string, expected: string): (error: unknown) => never {
  return (error) => {
    if (!isOfSystem(error)) throw error;
    const reason = reasons.get(error.code) ?? error.message;
    throw new FileError(`${visible(file)}: ${reason}; ${expected}`, error.code, error);
  };
}

function isOfSystem(error: unknown): error is Error & { readonly code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}
