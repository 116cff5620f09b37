/** An operator watches a large request in a real browser. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { findChromium, PATIENCE_MS, startBrowser } from '../support/browser.js';
import { carrier, expectDone } from '../support/carrier.js';
import { type HeldRequest, holdRequest } from '../support/held-request.js';
import { addRequest, destGrp, readAnswer, tn } from '../support/message.js';
import { auditPage } from '../support/page-audit.js';
import { type Complaints, watchPages } from '../support/page-watch.js';
import { startServer, type TestServer } from '../support/server.js';

const program = findChromium();
if (program === undefined) {
  process.stderr.write('test/console/requests-browser.test.ts is skipped: there is no Chromium (Debian: chromium)\n');
}

const NUMBERS = 100_000;

describe.skipIf(program === undefined)('in a browser', { timeout: 20 * PATIENCE_MS }, () => {
  let server: TestServer;
  let browser: Browser | undefined;
  beforeAll(async () => {
    server = await startServer();
    await addOperator(server.deps.database.prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
    expectDone(await carrier(server).add(destGrp('WATCHED')));
    browser = await startBrowser(program ?? '');
  }, 5 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await server.close();
  }, 2 * PATIENCE_MS);

  async function signedIn() {
    const context = await (browser as Browser).newContext({ baseURL: server.url });
    context.setDefaultTimeout(PATIENCE_MS);
    const complaints: Complaints = watchPages(context, server.url);
    const page = await context.newPage();
    await page.goto('/console/login');
    await page.getByLabel('User name').fill('olga');
    await page.getByLabel('Password').fill('olga');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Find', level: 1 }).waitFor();
    return { context, page, complaints };
  }

  it('an operator watches a request of 100,000 objects to its end', async () => {
    const { context, page, complaints } = await signedIn();
    const held: HeldRequest = await holdRequest(server, { as: 'ssp2r', dgName: 'WATCHED', count: NUMBERS });
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Requests' }).click();
    await page.getByRole('link', { name: 'Requests under way' }).click();
    await page.getByRole('button', { name: 'Load anew' }).click();
    const row = page.getByRole('row', { name: 'submitAddRqst, atomic' });
    await row.waitFor({ timeout: 5 * PATIENCE_MS });
    const transaction = (await row.getByRole('cell').nth(1).innerText()).trim();
    const answer = held.letGo();
    // It goes by itself, since the page is live.
    await page.getByRole('status').waitFor({ timeout: 10 * PATIENCE_MS });
    await page.getByRole('link', { name: 'Stop' }).click();
    expect(readAnswer(await answer)).toMatchObject({ code: 1000, serverTransId: transaction });
    const faults = await auditPage(page);
    await page.getByRole('link', { name: 'latest requests' }).click();
    await page.getByRole('link', { name: transaction }).click();
    await page.getByRole('heading', { name: `Request ${transaction}` }).waitFor();
    expect(await page.getByRole('main').innerText()).toContain(`${NUMBERS}, 0 failed`);
    faults.push(...(await auditPage(page)));
    await context.close();
    expect(complaints).toEqual([]);
    expect(faults).toEqual([]);
  });

  it('charts show it, by their numbers and as pictures', async () => {
    expect((await carrier(server).add(tn('+12025550199', ['NOT_THERE']))).code).toBe(2100);
    await server.post(addRequest(destGrp('CHARTED')));
    await server.deps.activity.flush();
    const { context, page, complaints } = await signedIn();
    const faults: string[] = [];
    for (const period of ['hour', 'day', 'month']) {
      await page.goto(`/console/charts/${period}`);
      await page.getByRole('img', { name: 'Requests by the code of their answer' }).waitFor();
      await page.getByText('The numbers').first().click();
      const table = page.getByRole('table', { name: /^Requests by the code of their answer/ });
      expect(await table.innerText()).toContain('2100');
      faults.push(...(await auditPage(page)));
    }
    await context.close();
    expect(complaints).toEqual([]);
    expect(faults).toEqual([]);
  });
});
