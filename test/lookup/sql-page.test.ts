/**
 * This test runs every query of docs/sql.md on a registry provisioned over SOAP, and compares the answer with the printed
 * one. `UPDATE_SQL_PAGE=1 npx vitest run test/lookup/sql-page.test.ts` prints the answers anew.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestClock } from '../support/carrier.js';
import { psqlTable } from '../support/psql-table.js';
import { startServer, type TestServer } from '../support/server.js';
import { seed } from '../support/sql-seed.js';

const file = new URL('../../docs/sql.md', import.meta.url);
const page = readFileSync(file, 'utf8');
const pattern =
  /^### (?<title>.+)\n(?:(?!###)[\s\S])*?```sql\n(?<sql>[\s\S]*?)\n```\n\n```\n(?<answer>[\s\S]*?)\n```$/gm;
const questions = [...page.matchAll(pattern)].map(({ groups = {} }) => ({
  title: groups.title ?? '',
  sql: groups.sql ?? '',
  answer: groups.answer ?? '',
}));

let server: TestServer;
let operator: pg.Client;

beforeAll(async () => {
  server = await startServer({ clock: new TestClock().read });
  await seed(server);
  operator = new pg.Client({ connectionString: server.databaseUrl });
  await operator.connect();
  await operator.query(`SET TimeZone = 'UTC'; SET ROLE sppp_operator`);
});
afterAll(async () => {
  await operator.end();
  await server.close();
});

describe('docs/sql.md', () => {
  it('has at least twenty different questions, each with SQL and answer', () => {
    expect(questions.length).toBeGreaterThanOrEqual(20);
    expect(questions.length).toBe(page.match(/^### /gm)?.length);
    expect(new Set(questions.map(({ sql }) => sql)).size).toBe(questions.length);
  });

  it.each(questions)('$title', async ({ sql, answer }) => {
    const got = await psqlTable(operator, sql);
    if (process.env.UPDATE_SQL_PAGE === '1') {
      const now = readFileSync(file, 'utf8');
      writeFileSync(
        file,
        now.replace(`${sql}\n\`\`\`\n\n\`\`\`\n${answer}\n`, () => `${sql}\n\`\`\`\n\n\`\`\`\n${got}\n`),
      );
    } else {
      expect(got.split('\n')).toEqual(answer.split('\n'));
    }
    expect(got.split('\n').length, 'rows in the answer').toBeGreaterThan(2);
  });
});
