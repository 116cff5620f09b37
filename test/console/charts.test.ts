/** Charts of the console: what is counted, for how long, and who sees it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { addActivity, purgeActivity } from '../../src/registry/journal/activity.js';
import { carrier, expectDone } from '../support/carrier.js';
import { DigestClient } from '../support/digest-client.js';
import { destGrp, objKey } from '../support/message.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer({ backgroundJobs: false });
  await addOperator(server.deps.database.prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
  for (const username of ['olga', 'ssp1', 'ssp2r', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
  const ssp2 = carrier(server);
  expectDone(await ssp2.add(destGrp('ONE'), destGrp('TWO')));
  expectDone(await ssp2.add(destGrp('THREE')));
  expect((await ssp2.del(objKey('DestGrp', 'NONE'))).code).toBe(2100);
  const ssp1 = new DigestClient({ username: 'ssp1', password: 'ssp1' });
  expect((await ssp1.send(`${server.url}/lookup/+12025550101?asker=iana-en:111`)).status).toBe(200);
  const guess = new DigestClient({ username: 'ssp1', password: 'guess' });
  expect((await guess.send(`${server.url}/lookup/+12025550101?asker=iana-en:111`)).status).toBe(401);
  await server.deps.activity.flush();
});
afterAll(() => server.close());

const page = (username: string, period: string, registrar?: string) =>
  (readers.get(username) as PageReader).get(
    `/console/charts/${period}${registrar === undefined ? '' : `?${new URLSearchParams({ registrar })}`}`,
  );

/** The numbers of a table's rows added up, by the heads of its columns. */
function sums(html: string, caption: RegExp): Record<string, number> {
  const table = [...html.matchAll(/<table>.*?<\/table>/gs)].map(([text]) => text).find((text) => caption.test(text));
  const added: Record<string, number> = {};
  for (const [, name = '', value = ''] of (table ?? '').matchAll(/<td data-name="([^"]+)">([\d,]+)<\/td>/g)) {
    added[name] = (added[name] ?? 0) + Number(value.replaceAll(',', ''));
  }
  return added;
}

describe.each(['hour', 'day', 'month'])('the charts of a time: %s', (period) => {
  it('have the requests, objects, look-ups and refusals of all registrars, for operators', async () => {
    const { status, text } = await page('olga', period);
    expect(status).toBe(200);
    expect(sums(text, /<caption>Requests by the code/)).toEqual({ 1000: 2, 2100: 1 });
    expect(sums(text, /<caption>Objects and keys/)).toEqual({ done: 3, 2102: 1 });
    expect(sums(text, /<caption>Look-ups/)).toEqual({ nothing: 1 });
    expect(sums(text, /<caption>Refused unread/)).toMatchObject({ '401 wrong': 1 });
    expect(Object.keys(sums(text, /<caption>Milliseconds/))).toEqual(['half of them', '95 of 100']);
    expect(text).toMatch(/<td data-name="Registrar"><a href="[^"]+">iana-en:223<\/a><\/td><td[^>]*>3</);
    expect(text.match(/<svg role="img"/g)).toHaveLength(5);
  });

  it('have those of one registrar, for operators and for itself', async () => {
    const [theirs, own] = [await page('olga', period, 'iana-en:223'), await page('ssp2r', period)];
    for (const { text } of [theirs, own]) {
      expect(text).toContain(`<h1>The last ${period} of iana-en:223</h1>`);
      expect(sums(text, /<caption>Requests by the code/)).toEqual({ 1000: 2, 2100: 1 });
      expect(sums(text, /<caption>Look-ups/)).toEqual({});
      expect(text).not.toContain('By registrar');
    }
    expect((await page('ssp2r', period, 'iana-en:223')).text).toBe((await page('ssp2r', period)).text);
    expect(sums((await page('ssp1', period)).text, /<caption>Look-ups/)).toEqual({ nothing: 1 });
  });

  it('of others are answered like none', async () => {
    const [theirs, missing] = [await page('ssp4', period, 'iana-en:223'), await page('ssp4', period, 'iana-en:999')];
    expect([theirs.status, theirs.text]).toEqual([404, missing.text]);
    expect((await page('olga', period, 'iana-en:999')).status).toBe(404);
    expect((await page('ssp4', period)).text).toContain('<p>None.</p>');
  });
});

it('counts of several nodes are added up, in a slot of each length', async () => {
  const { pool } = server.deps.database;
  const count = { registrarId: 987, what: 'request', outcome: '1000', milliseconds: 4 } as const;
  const at = (text: string) => new Date(text);
  await addActivity(pool, [
    { ...count, at: at('2026-01-02T03:04:00Z'), number: 1 },
    { ...count, at: at('2026-01-02T03:05:00Z'), number: 2 },
  ]);
  await addActivity(pool, [{ ...count, at: at('2026-01-02T03:05:00Z'), number: 40 }]);
  const rows = await server.sql(
    `SELECT seconds, to_char(begin AT TIME ZONE 'UTC', 'HH24:MI') AS begin, number::int FROM sppp.activity
      WHERE registrar_id = 987 AND outcome = '1000' ORDER BY seconds, begin`,
  );
  expect(rows).toEqual([
    { seconds: 60, begin: '03:04', number: 1 },
    { seconds: 60, begin: '03:05', number: 42 },
    { seconds: 3600, begin: '03:00', number: 43 },
    { seconds: 86400, begin: '00:00', number: 43 },
  ]);
});

it('counts that no chart is made of are deleted, and no others', async () => {
  const { pool } = server.deps.database;
  const kept = async () =>
    (
      await server.sql<{ seconds: number }>(
        `SELECT seconds FROM sppp.activity WHERE registrar_id = 986 AND outcome = 'found' ORDER BY seconds`,
      )
    ).map(({ seconds }) => seconds);
  const now = new Date('2026-01-02T03:04:00Z');
  await addActivity(pool, [
    { at: now, registrarId: 986, what: 'lookup', outcome: 'found', milliseconds: 0, number: 1 },
  ]);
  const later = (hours: number) => new Date(now.getTime() + hours * 3_600_000);
  const expected = [
    [1, [60, 3600, 86400]],
    [3, [3600, 86400]],
    [25, [3600, 86400]],
    [50, [86400]],
    [31 * 24, [86400]],
    [42 * 24, []],
  ] as const;
  for (const [hours, lengths] of expected) {
    await purgeActivity(pool, later(hours));
    expect(await kept(), `after ${hours} hours`).toEqual(lengths);
  }
});
