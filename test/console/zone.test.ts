/** Times in the zone of a reader beside UTC, as its browser remembers it. */

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';

const COOKIE = 'sppp-console-zone';
let server: TestServer;
let reader: PageReader;
beforeAll(async () => {
  server = await startServer({ clock: () => new Date('2041-07-01T22:30:00Z') });
});
afterAll(() => server.close());
beforeEach(async () => {
  reader = new PageReader(server.url);
  await reader.logIn('ssp2r', 'ssp2r');
});

const choose = (zone: string) => reader.postFrom('/console/zone', '/console/zone', { zone });
const account = async () => (await reader.get('/console/account')).text;
const UTC = '2041-07-01 22:30:00 UTC';

it('are shown on all pages once a zone is chosen, until none is', async () => {
  expect(await account()).toContain(`>${UTC}</time>`);
  expect(await account()).not.toContain('+02:00');
  expect(await choose('Europe/Berlin')).toMatchObject({ status: 303, headers: { location: '/console/zone' } });
  expect(await account()).toContain(`>${UTC}</time> <span class="faint">2041-07-02 00:30:00 +02:00</span>`);
  expect(await account()).toContain('Times are in UTC, and beside it in Europe/Berlin.');
  expect((await reader.get('/console/zone')).text).toMatch(/<option value="Europe\/Berlin" selected/);
  await choose('');
  expect(reader.cookies.has(COOKIE)).toBe(false);
  expect(await account()).not.toContain('+02:00');
});

it('are kept by the browser for a year, after the session as well', async () => {
  const { headers } = await choose('Australia/Eucla');
  expect(String(headers['set-cookie'])).toBe(
    `${COOKIE}=Australia/Eucla; Max-Age=31536000; Path=/; HttpOnly; SameSite=Lax`,
  );
  await reader.postFrom('/console', '/console/logout');
  await reader.logIn('ssp2r', 'ssp2r');
  expect(await account()).toContain('+08:45');
});

it.each(['Mars/Olympus', 'europe/berlin', '+01:00', '<b>', '__proto__', 'x'.repeat(3000)])(
  'a zone called %j is refused by name, value and rule, and in a cookie it is none',
  async (zone) => {
    const { status, text } = await choose(zone);
    expect(status).toBe(400);
    expect(text).toContain('a time zone of the list, or none');
    reader.cookies.set(COOKIE, encodeURIComponent(zone));
    expect(await account()).toContain('Times are in UTC.');
  },
);
