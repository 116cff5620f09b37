import { randomPassword } from '../http/random-password.js';
import { OperatorError } from '../operator-error.js';
import { checkPassword } from '../values/password.js';
import { readText } from './text-file.js';

export { secretsOf } from '../http/ha1.js';

/** A password for a user name; `made` has it again if it was made here, to be printed. */
export interface NewPassword {
  readonly password: string;
  readonly made: { readonly password?: string };
}

/**
 * Reads a password from a file, `-` for standard input, or makes one if there is no file.
 *
 * @throws OperatorError for a password that breaks the rule
 */
export async function newPassword(username: string, file: string | undefined): Promise<NewPassword> {
  if (file !== undefined) return { password: await readPassword(username, file), made: {} };
  const password = randomPassword();
  return { password, made: { password } };
}

async function readPassword(username: string, file: string): Promise<string> {
  const password = (await readText(file)).replace(/\r?\n$/, '');
  if (password === '') throw new OperatorError('password: not empty');
  const refusal = checkPassword(username, password);
  if (refusal !== undefined) throw new OperatorError(`password: ${refusal.error}; without a file one is made`);
  return password;
}
