import { stat } from 'node:fs/promises';
import { OperatorError } from '../operator-error.js';
import { shellWord } from '../values/shell-word.js';
import { readText } from './text-file.js';

/** What others than the owner may do with a file. */
const OTHERS = 0o077;

/** What others may do with a file of root that lets our group read it: how systems hand secrets to services. */
const OTHERS_THAN_GROUP = 0o037;

/**
 * The text of a file with a secret, `-` for standard input.
 *
 * @param field what names the file, for the message
 * @throws OperatorError for a file that others can read
 */
export async function readSecretFile(field: string, file: string): Promise<string> {
  if (file !== '-') await refuseReadable(field, file);
  return readText(file);
}

/** Throws OperatorError for a file that others can read. Pipes have one reader; Windows has no such modes. */
async function refuseReadable(field: string, file: string): Promise<void> {
  const found = await stat(file);
  if (process.platform === 'win32' || !found.isFile()) return;
  const { mode, uid } = found;
  const forbidden = uid === 0 && process.getuid?.() !== 0 ? OTHERS_THAN_GROUP : OTHERS;
  if ((mode & forbidden) === 0) return;
  const modeText = (mode & 0o777).toString(8).padStart(4, '0');
  throw new OperatorError(
    `${field} ${file}: its mode is ${modeText}, and it holds a secret that its owner alone may read; chmod 600 ${shellWord(file)}`,
  );
}
