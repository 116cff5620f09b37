/** An operator onboards an organization in a real browser, and its user signs in and takes a password of the own. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { findChromium, PATIENCE_MS, startBrowser } from '../support/browser.js';
import { leave, type Visit, visitConsole } from '../support/console-visit.js';
import { hostileNames } from '../support/hostile-objects.js';
import { knowsPassword } from '../support/known-password.js';
import { auditPage } from '../support/page-audit.js';
import { startServer, type TestServer } from '../support/server.js';

const program = findChromium();
if (program === undefined) {
  process.stderr.write('test/console/administration-browser.test.ts is skipped: there is no Chromium\n');
}

describe.skipIf(program === undefined)('in a browser', { timeout: 20 * PATIENCE_MS }, () => {
  let server: TestServer;
  let browser: Browser | undefined;
  beforeAll(async () => {
    server = await startServer({ backgroundJobs: false });
    const { prisma } = server.deps.database;
    await addOperator(prisma, { username: 'olga', role: 'administrator', ...secretsOf('olga', 'olga') });
    browser = await startBrowser(program ?? '');
  }, 5 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await server.close();
  }, 2 * PATIENCE_MS);

  /** What keeps people from reading the pages that were looked at. */
  const faults: string[] = [];
  afterEach(() => expect(faults.splice(0)).toEqual([]));

  const visit = (username: string, password: string) =>
    visitConsole(browser as Browser, server.url, username, password);

  /** Audits the page that somebody sees, and goes on with a wide screen. */
  async function look({ page }: Visit): Promise<void> {
    faults.push(...(await auditPage(page)));
    await page.setViewportSize({ width: 1280, height: 800 });
  }

  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click();
  const heading = (page: Page, name: string) => page.getByRole('heading', { name, level: 1, exact: true }).waitFor();

  it('an operator onboards an organization, and its user takes a password of the own', async () => {
    const olga = await visit('olga', 'olga');
    const { page } = olga;
    const audit = () => look(olga);
    await page.getByRole('link', { name: 'Organizations' }).click();
    await page.getByLabel('Id, such as').fill('iana-en:700');
    await page.getByLabel('Name, for people').fill('Seven Hundred');
    await audit();
    await press(page, 'Make it…');
    await heading(page, 'Make the organization iana-en:700?');
    await audit();
    await press(page, 'Make it');

    await heading(page, 'Organization iana-en:700');
    await page.getByLabel('User name').fill('seven');
    await page.getByLabel('Label, for people').fill(hostileNames[0]);
    await press(page, 'Add…');
    await heading(page, 'Give iana-en:700 the credential seven?');
    await audit();
    await press(page, 'Make it');
    await heading(page, 'Password of seven');
    await audit();
    const password = await page.locator('pre').innerText();
    await page.getByRole('link', { name: 'Go on' }).click();

    await heading(page, 'Organization iana-en:700');
    await page.getByLabel('Organization, such as iana-en:700').fill('iana-en:700');
    await audit();
    await press(page, 'Show the grants');
    await heading(page, 'Grants of iana-en:700 for iana-en:700');
    await page.getByLabel('get DestGrp').check();
    await page.getByLabel('add PubId').check();
    await page.getByLabel('Numbers that it may').fill('1202');
    await audit();
    await press(page, 'Grant what is ticked…');
    await heading(page, 'Let iana-en:700 act for iana-en:700?');
    expect(await page.getByRole('row', { name: /^PubId/ }).innerText()).toContain('- → 1202');
    await audit();
    await press(page, 'Grant it');
    await heading(page, 'Grants of iana-en:700 for iana-en:700');
    expect(
      await page
        .getByRole('row', { name: /^DestGrp/ })
        .first()
        .innerText(),
    ).toContain('yes');
    await leave(olga);

    const seven = await visit('seven', password);
    await seven.page.getByRole('link', { name: 'seven, iana-en:700' }).click();
    await heading(seven.page, 'My account');
    await seven.page.getByLabel('Present password', { exact: true }).fill(password);
    await seven.page.getByLabel('New password', { exact: true }).fill('a phrase of my own');
    await seven.page.getByLabel('New password, once more').fill('a phrase of my own');
    await look(seven);
    await press(seven.page, 'Change the password');
    await seven.page.getByText('The password is changed.').waitFor();
    await look(seven);
    await knowsPassword(server, 'seven', 'a phrase of my own');
    await press(seven.page, 'Sign out');
    await leave(seven);
    await leave(await visit('seven', 'a phrase of my own'));
  });

  it('an administrator rotates a password, and makes a webhook and an agreement', async () => {
    const olga = await visit('olga', 'olga');
    const { page } = olga;
    const audit = () => look(olga);
    await page.goto('/console/organization?id=iana-en:226');
    await page.getByRole('row', { name: /^ssp4/ }).getByRole('link', { name: 'New password…' }).click();
    await heading(page, 'Give ssp4 a new password?');
    await page.getByLabel('The present password ends').selectOption('after a day');
    await press(page, 'Choose');
    await page.getByText('the present password ends after a day').waitFor();
    await audit();
    await press(page, 'Make it');
    await heading(page, 'Password of ssp4');
    await page.getByRole('link', { name: 'Go on' }).click();
    await page.getByRole('link', { name: 'End the former password…' }).waitFor();
    await audit();
    await page.goto('/console/webhooks');
    await page.getByLabel('URL, with https').fill('https://alerts.example/sppp');
    await audit();
    await press(page, 'Make it');
    await page.getByRole('heading', { name: /^Secret of webhook \d+$/ }).waitFor();
    await page.getByRole('link', { name: 'Go on' }).click();
    await press(page, 'Send a test event');
    await page.getByRole('cell', { name: 'sppp.webhook.test.v1' }).waitFor();
    await audit();
    await page.goto('/console/agreements');
    await page.getByLabel('Organization whose offers are accepted').fill('iana-en:222');
    await page.getByLabel('Organization that accepts them').fill('iana-en:111');
    await page.getByLabel('Who asked for it').fill(hostileNames[1]);
    await audit();
    await press(page, 'Agree…');
    await heading(page, 'Accept the offers of iana-en:222 for iana-en:111?');
    await press(page, 'Agree');
    await page.getByRole('button', { name: 'Withdraw…' }).waitFor();
    await audit();
    await leave(olga);
  });
});
