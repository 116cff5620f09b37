import pino, { type Logger } from 'pino';
import type { TestServer } from './server.js';

/** The maximum of a log in memory. Of a longer log the test searches only the end. */
const MAX_CHARACTERS = 16_000_000;

/** The log of a server at its lowest level, in memory, which the test searches when the server ends. */
export class SearchedLog {
  readonly logger: Logger;
  #lines: string[] = [];
  #length = 0;

  constructor() {
    const stream = {
      write: (line: string) => {
        this.#lines.push(line);
        this.#length += line.length;
        if (this.#length < MAX_CHARACTERS) return;
        this.#lines = this.#lines.slice(this.#lines.length >> 1);
        this.#length = this.#lines.reduce((sum, each) => sum + each.length, 0);
      },
    };
    this.logger = pino({ level: 'trace' }, stream);
  }

  /**
   * Throws if a secret that this server used was logged: hashes of passwords and keys as its database has them, the
   * database's own password, and whatever came in an Authorization header.
   */
  async expectNoSecrets(sql: TestServer['sql'], databaseUrl: string): Promise<void> {
    const hashes = await sql<{ secret: string }>(
      'SELECT unnest(ARRAY[ha1_md5, ha1_sha256]) AS secret FROM sppp.credential',
    );
    const keys = await sql<{ value: Buffer }>('SELECT value FROM sppp.server_key');
    const secrets = [
      ...hashes.map(({ secret }) => secret),
      ...keys.flatMap(({ value }) => (['hex', 'base64', 'base64url'] as const).map((form) => value.toString(form))),
      new URL(databaseUrl).password,
    ].filter((secret) => secret.length > 8);
    const written = this.#lines.join('');
    const found =
      secrets.find((secret) => written.includes(secret)) ?? /"authorization"|\bresponse=\\*"/i.exec(written);
    if (found === undefined || found === null) return;
    const line = this.#lines.find((each) => each.includes(String(found))) ?? '';
    throw new Error(`a secret was logged: ${line.slice(0, 500)}`);
  }
}
