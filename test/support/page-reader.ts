import { type Received, type Sent, send } from './digest-client.js';

/** Reads pages of the console as a browser without script does: with cookies, and the headers by which browsers tell where from. */
export class PageReader {
  readonly #url: string;
  readonly cookies = new Map<string, string>();

  constructor(url: string) {
    this.#url = url;
  }

  /** A page by its path; redirects are not followed. */
  get(path: string, headers: Record<string, string> = {}): Promise<Received> {
    return this.#send(path, { headers: { 'sec-fetch-site': 'none', ...headers } });
  }

  /** Sends the fields of a form. */
  post(
    path: string,
    fields: Record<string, string> | [name: string, value: string][],
    headers: Record<string, string> = {},
  ): Promise<Received> {
    const form = { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' };
    const body = new URLSearchParams(fields).toString();
    return this.#send(path, { method: 'POST', headers: { ...form, ...headers }, body });
  }

  /** Sends the fields of a form and a file behind them; perhaps without the end. */
  postFile(
    path: string,
    fields: Record<string, string>,
    name: string,
    bytes: Uint8Array | string,
    isCut = false,
  ): Promise<Received> {
    const boundary = 'a-boundary-of-page-reader';
    const part = (disposition: string) => `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n\r\n`;
    const before = Object.entries(fields).map(([field, value]) => `${part(`name="${field}"`)}${value}\r\n`);
    const body = Buffer.concat([
      Buffer.from(`${before.join('')}${part(`name="file"; filename="${name}"`)}`),
      Buffer.from(bytes),
      Buffer.from(isCut ? '' : `\r\n--${boundary}--\r\n`),
    ]);
    const headers = { 'content-type': `multipart/form-data; boundary=${boundary}`, 'sec-fetch-site': 'same-origin' };
    return this.#send(path, { method: 'POST', headers, body });
  }

  /** Sends the fields of a form together with the token that forms of a page have. */
  async postFrom(page: string, path: string, fields: Record<string, string> = {}): Promise<Received> {
    const { text } = await this.get(page);
    const [, token = ''] = /name="token" value="([^"]+)"/.exec(text) ?? [];
    return this.post(path, { token, ...fields });
  }

  /** Signs in; the answer of the form. */
  logIn(username: string, password: string, next = '/console'): Promise<Received> {
    return this.post('/console/login', { username, password, next });
  }

  async #send(path: string, sent: Sent): Promise<Received> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { ...(cookie === '' ? {} : { cookie }), ...sent.headers };
    const received = await send(this.#url + path, { ...sent, headers });
    for (const line of received.headers['set-cookie'] ?? []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return received;
  }
}
