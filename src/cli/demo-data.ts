import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { digestResponse, ha1, realm } from '../http/ha1.js';
import { OperatorError } from '../operator-error.js';

/** Seen from src/cli and from dist/cli alike. */
const FOLDER = fileURLToPath(new URL('../../examples', import.meta.url));

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
    const { status, text: answer } = await post(url, message, username, passwords.get(username) ?? '');
    if (status !== 200) throw new OperatorError(`--with-data: ${file}: HTTP ${status}: ${answer.slice(0, 500)}`);
  }
  return all.length;
}

interface Posted {
  readonly status: number;
  readonly text: string;
}

/** Posts a message with HTTP Digest (RFC 7616). The server's own certificate may be self-signed. */
async function post(url: string, message: string, username: string, password: string): Promise<Posted> {
  const { challenge } = await send(url, '', {});
  const [, nonce = ''] = /\bnonce="([^"]+)"/.exec(challenge) ?? [];
  const algorithm = /\balgorithm="?SHA-256/i.test(challenge) ? 'SHA-256' : 'MD5';
  const signed = { uri: new URL(url).pathname, nonce, nc: '00000001', cnonce: randomBytes(8).toString('hex') };
  const secret = ha1(algorithm, username, realm, password);
  const response = digestResponse(algorithm, secret, 'POST', { ...signed, qop: 'auth' });
  const { uri, nc, cnonce } = signed;
  return send(url, message, {
    authorization: `Digest username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=${algorithm}, response="${response}", qop=auth, nc=${nc}, cnonce="${cnonce}"`,
  });
}

/** Sends one request; `challenge` is the first one of the answer. */
async function send(url: string, body: string, headers: Record<string, string>) {
  const request = url.startsWith('https:') ? requestTls : requestPlain;
  const options = { method: 'POST', headers: { 'content-type': 'text/xml', ...headers }, rejectUnauthorized: false };
  const sent = request(url, options);
  sent.end(body);
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  return {
    status: answer.statusCode ?? 0,
    challenge: answer.headers['www-authenticate'] ?? '',
    text: await text(answer),
  };
}
