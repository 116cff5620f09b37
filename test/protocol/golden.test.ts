/**
 * Whole messages in and out, for cases without an example in RFC 7878 §10. Each directory of test/messages is a case:
 *
 * - case.json: a description, the sender and the way of sending (Case below)
 * - before-1.xml …: requests that fill the registry first, one minute apart; all must succeed
 * - request.xml, and response.xml: the answer, which is on one line, broken between its elements for people
 *
 * Each case begins with nothing but the organizations of the RFC's examples. The clock stands still at noon, so
 * that times are literal; only the server's transaction id is a placeholder. `vitest run test/protocol/golden.test.ts -u` writes the answers anew.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { load } from '../support/claims.js';
import { readAnswer } from '../support/message.js';
import { validateMessage } from '../support/schema.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

interface Case {
  /** A sentence. */
  readonly shows: string;
  readonly as?: UserName;
  /** Who sends the requests before, if not always ssp2r: one name each. */
  readonly beforeAs?: readonly UserName[];
  readonly path?: string;
  readonly headers?: Record<string, string>;
  readonly settings?: Record<string, string>;
  /** Authority data, `number,carrier` each, loaded before all. */
  readonly authority?: readonly string[];
  /** Of the answer; 200 unless it is a fault. */
  readonly status?: number;
  /** The request breaks the schemas on purpose. */
  readonly invalid?: boolean;
}

const folder = new URL('../messages/', import.meta.url);
const names = readdirSync(folder).sort();
const serverTransId = /<serverTransId>[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}</;

/** Of the tables that requests write to. The triggers that guard them against TRUNCATE are for operators. */
const emptyRegistry = `DO $$ BEGIN
  SET LOCAL session_replication_role = replica;
  EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables
            WHERE schemaname = 'sppp'
              AND tablename NOT IN ('organization', 'credential', 'registrar_grant', 'server_key'));
END $$`;

describe('test/messages', () => {
  it('has complete cases only, numbered without gaps', () => {
    expect(names.map((name) => Number(name.slice(0, 2)))).toEqual(names.map((_, index) => index + 1));
    const parts = (name: string) => readdirSync(new URL(`${name}/`, folder)).filter((file) => !/^before-\d/.test(file));
    for (const name of names) expect(parts(name), name).toEqual(['case.json', 'request.xml', 'response.xml']);
  });

  const servers = new Map<string, TestServer>();
  let now = new Date();

  afterAll(() => Promise.all([...servers.values()].map((server) => server.close())));

  /** A server with these settings and an empty registry. */
  async function serverWith(settings: Record<string, string> = {}): Promise<TestServer> {
    const known = servers.get(JSON.stringify(settings));
    const server = known ?? (await startServer({ settings, clock: () => now }));
    servers.set(JSON.stringify(settings), server);
    // Credentials are valid from the moment that the database made them, which is later than the cases' day.
    await server.sql(`UPDATE sppp.credential SET valid_from = '2026-01-01Z'`);
    await server.sql(emptyRegistry);
    return server;
  }

  it.each(names.map((name) => [name.slice(0, 2), caseOf(name).shows, name] as const))(
    '%s: %s',
    async (_, shows, name) => {
      const { as = 'ssp2r', beforeAs = [], path = '/sppp', headers = {}, ...how } = caseOf(name);
      const read = (file: string) => readFileSync(new URL(`${name}/${file}`, folder), 'utf8');
      const server = await serverWith(how.settings);
      if (how.authority !== undefined) await load(server, how.authority);
      for (let number = 1; existsSync(new URL(`${name}/before-${number}.xml`, folder)); number++) {
        now = new Date(Date.UTC(2026, 2, 1, 8, number));
        const { text } = await server.post(read(`before-${number}.xml`), { as: beforeAs[number - 1] ?? 'ssp2r' });
        expect(readAnswer(text), `before-${number}.xml`).toMatchObject({ code: 1000 });
      }
      now = new Date('2026-03-01T12:00:00Z');
      const request = read('request.xml');
      expect(validateMessage(request).length > 0, 'whether the request breaks the schemas').toBe(how.invalid ?? false);
      const { status, text } = await server.post(request, { as, path, headers });
      expect(status, shows).toBe(how.status ?? 200);
      expect(text).not.toContain('\n');
      await expect(broken(text)).toMatchFileSnapshot(`../messages/${name}/response.xml`);
    },
  );
});

function caseOf(name: string): Case {
  return JSON.parse(readFileSync(new URL(`${name}/case.json`, folder), 'utf8')) as Case;
}

/** The answer with a line for every element, indented by depth, and a placeholder for the transaction id. */
function broken(answer: string): string {
  let depth = 0;
  return answer
    .replace(serverTransId, '<serverTransId>{UUIDv7}<')
    .replaceAll('><', '>\n<')
    .replace(/<([\w:]+)([^<>]*)>\n<\/\1>/g, '<$1$2></$1>')
    .split('\n')
    .map((line) => {
      const closes = line.startsWith('</');
      const opens = /^<[^/?]/.test(line) && !line.endsWith('/>') && !line.includes('</');
      if (closes) depth -= 1;
      const indented = '  '.repeat(depth) + line;
      if (opens) depth += 1;
      return indented;
    })
    .join('\n')
    .concat('\n');
}
