/** A carrier changes its objects in a real browser: by forms, and by a file. */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findChromium, PATIENCE_MS, startBrowser } from '../support/browser.js';
import { leave, visitConsole } from '../support/console-visit.js';
import { auditPage } from '../support/page-audit.js';
import { startServer, type TestServer } from '../support/server.js';

const program = findChromium();
if (program === undefined) {
  process.stderr.write('test/console/forms-browser.test.ts is skipped: there is no Chromium (Debian: chromium)\n');
}

describe.skipIf(program === undefined)('in a browser', { timeout: 20 * PATIENCE_MS }, () => {
  let server: TestServer;
  let browser: Browser | undefined;
  beforeAll(async () => {
    server = await startServer();
    browser = await startBrowser(program ?? '');
  }, 5 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await server.close();
  }, 2 * PATIENCE_MS);

  it('a carrier adds a destination group and a number, after a refusal that it corrects', async () => {
    const ssp2 = await visitConsole(browser as Browser, server.url, 'ssp2r');
    const { page } = ssp2;
    const navigation = page.getByRole('navigation', { name: 'Console' });
    const see = page.getByRole('button', { name: 'See what the registry would answer' });
    await navigation.getByRole('link', { name: 'Objects' }).click();
    await page.getByRole('link', { name: 'Destination groups' }).click();
    await page.getByRole('link', { name: 'New destination group' }).click();
    await page.getByLabel('Name').fill('STORY_FORM');
    const faults = await auditPage(page);
    await see.click();
    await page.getByRole('heading', { name: 'New destination group?' }).waitFor();
    faults.push(...(await auditPage(page)));
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('heading', { name: 'Destination group STORY_FORM' }).waitFor();
    expect(await page.getByRole('status').innerText()).toBe('1000 Request succeeded');
    await navigation.getByRole('link', { name: 'Objects' }).click();
    await page.getByRole('link', { name: 'Public identifiers' }).click();
    await page.getByRole('link', { name: 'New number' }).click();
    await page.getByLabel('Number').fill('+1 (202) 555-0177');
    await page.getByLabel('Destination groups').fill('STORY_FROM');
    await see.click();
    await page.getByRole('status').filter({ hasText: '2100 Command invalid' }).waitFor();
    expect(await page.getByLabel('Destination groups').getAttribute('aria-invalid')).toBe('true');
    faults.push(...(await auditPage(page)));
    await page.getByLabel('Destination groups').fill('STORY_FORM');
    await see.click();
    await page.getByRole('button', { name: 'Add it' }).click();
    await page.getByRole('heading', { name: /^Number / }).waitFor();
    await page.getByRole('main').getByRole('link', { name: '+12025550177' }).click();
    await page.getByRole('link', { name: 'Change it' }).waitFor();
    faults.push(...(await auditPage(page)));
    await page.getByRole('link', { name: 'STORY_FORM' }).waitFor();
    await leave(ssp2);
    expect(faults).toEqual([]);
  });

  it('a carrier uploads a file with one bad line', async () => {
    const ssp2 = await visitConsole(browser as Browser, server.url, 'ssp2r');
    const { page } = ssp2;
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Objects' }).click();
    await page.getByRole('link', { name: 'Upload a file of objects' }).click();
    const faults = await auditPage(page);
    const buffer = Buffer.from('tn\n+12025550178\n+1202555017x\n+12025550179\n');
    await page.getByLabel('File', { exact: true }).setInputFiles({ name: 'numbers.csv', mimeType: 'text/csv', buffer });
    await page.getByRole('button', { name: 'See what the registry would answer' }).click();
    await page.getByRole('heading', { name: 'Dry run of numbers.csv' }).waitFor();
    const failures = page.getByRole('table', { name: 'Failures, in the order of the file' });
    expect(await failures.getByRole('row', { name: '+1202555017x' }).innerText()).toMatch(/^3\b/);
    faults.push(...(await auditPage(page)));
    await page.getByRole('button', { name: 'Carry it out without what fails' }).click();
    await page.getByRole('heading', { name: 'Upload of numbers.csv' }).waitFor();
    faults.push(...(await auditPage(page)));
    const request = page.getByRole('main').getByRole('link', { name: /^[0-9a-f-]{36}$/ });
    await request.click();
    await page.getByRole('heading', { name: /^Request / }).waitFor();
    expect(await page.getByRole('main').innerText()).toContain('2, 0 failed');
    await leave(ssp2);
    expect(faults).toEqual([]);
  });
});
