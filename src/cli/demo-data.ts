import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { DigestLogin } from '../client/digest-login.js';
import { HttpConnection } from '../client/http-connection.js';
import { SpppError } from '../client/sppp-error.js';
import { OperatorError } from '../operator-error.js';

/** Seen from src/cli and from dist/cli alike. */
const FOLDER = fileURLToPath(new URL('../../examples', import.meta.url));

/** Milliseconds for one answer. */
const TIMEOUT_MS = 60_000;

/** A message of the example registry that README.md and docs/sql.md query, and its sender. */
export interface Example {
  readonly file: string;
  readonly username: string;
  readonly message: string;
}

/** The messages in the order in which they are sent. */
export async function examples(): Promise<Example[]> {
  const files = (await readdir(FOLDER)).filter((name) => /^\d+-\w+-.*\.xml$/.test(name)).sort();
  return Promise.all(
    files.map(async (file) => {
      const message = await readFile(`${FOLDER}/${file}`, 'utf8');
      return { file, username: file.split('-')[1] ?? '', message };
    }),
  );
}

/** Sends the examples to a server as their senders. Returns how many. */
export async function sendExamples(url: string, passwords: ReadonlyMap<string, string>): Promise<number> {
  const all = await examples();
  const unknown = all.find(({ username }) => !passwords.has(username));
  if (unknown !== undefined) {
    throw new OperatorError(
      `--with-data: the password of ${unknown.username} is not known here; set SPPP_DEMO_PASSWORD, or choose a new data folder`,
    );
  }
  for (const { file, username, message } of all) {
    const refusal = await post(url, message, username, passwords.get(username) ?? '');
    if (refusal !== undefined) throw new OperatorError(`--with-data: ${file}: ${refusal}`);
  }
  return all.length;
}

/**
 * Posts a message. It goes to this very process, so the server's certificate, which may be self-signed, proves nothing.
 *
 * @returns why it was refused; undefined if it was not
 */
async function post(url: string, message: string, username: string, password: string): Promise<string | undefined> {
  const target = new URL(url);
  const login = new DigestLogin(username, password);
  const connection = new HttpConnection(target, login, { rejectUnauthorized: false }, TIMEOUT_MS);
  try {
    const headers = { 'content-type': 'text/xml' };
    const answer = await connection.send({ method: 'POST', url: target, headers, body: message });
    const text = await answer.text();
    return answer.status === 200 ? undefined : `HTTP ${answer.status}: ${text.slice(0, 500)}`;
  } catch (error) {
    if (error instanceof SpppError) return error.message;
    throw error;
  } finally {
    connection.close();
  }
}
