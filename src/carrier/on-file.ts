import { visible } from '../values/visible.js';

/** An error of the file system: which file, what was to be done with it, and why that failed. */
export class FileError extends Error {
  override readonly name = 'FileError';

  constructor(
    message: string,
    /** Of the system, such as `ENOSPC`. */
    readonly code: string,
  ) {
    super(message);
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
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return error;
  const code = String(error.code);
  const [, reason = error.message] = /^\w+: (.+?), \w+/.exec(error.message) ?? [];
  return new FileError(`${visible(path)}: cannot be ${doing}: ${reason} (${code})`, code);
}
