import { createHash, randomBytes } from 'node:crypto';
import { HttpClient } from 'soap';

/** HTTP Digest with SHA-256 (RFC 7616) for the `soap` package, which has none: `createClient(url, { httpClient })`. */
export class DigestHttpClient extends HttpClient {
  #username;
  #password;
  #challenge;
  #count = 0;

  constructor(username, password) {
    super();
    this.#username = username;
    this.#password = password;
  }

  request(url, data, callback, headers = {}, options = {}) {
    const send = (whenAnswered) =>
      super.request(url, data, whenAnswered, { ...headers, ...this.#authorization(url, data) }, options);
    return send((error, response, body) => {
      // The first request, or the nonce is too old. A second 401 means that the password is wrong.
      if (response?.status !== 401 || data === undefined) return callback(error, response, body);
      this.#challenge = challengeOf(response.headers['www-authenticate']);
      this.#count = 0;
      send(callback);
    });
  }

  #authorization(url, data) {
    if (this.#challenge === undefined || data === undefined) return {};
    const { realm, nonce } = this.#challenge;
    const { pathname, search } = new URL(url);
    const uri = pathname + search;
    const nc = (++this.#count).toString(16).padStart(8, '0');
    const cnonce = randomBytes(12).toString('hex');
    const ha1 = sha256(`${this.#username}:${realm}:${this.#password}`);
    const response = sha256([ha1, nonce, nc, cnonce, 'auth', sha256(`POST:${uri}`)].join(':'));
    const Authorization =
      `Digest username="${this.#username}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=SHA-256, ` +
      `qop=auth, nc=${nc}, cnonce="${cnonce}", response="${response}"`;
    return { Authorization };
  }
}

/** Node joins the lines of the header; one of them offers SHA-256. */
function challengeOf(header = '') {
  const line = header.split(/(?=\bDigest )/i).find((each) => /algorithm=SHA-256/i.test(each)) ?? '';
  const parameter = (name) => new RegExp(`\\b${name}="([^"]*)"`, 'i').exec(line)?.[1];
  return { realm: parameter('realm'), nonce: parameter('nonce') };
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
