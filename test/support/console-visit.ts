import type { Browser, BrowserContext, Page } from 'playwright-core';
import { expect } from 'vitest';
import { PATIENCE_MS } from './browser.js';
import { type Complaints, watchPages } from './page-watch.js';

/** Somebody who looks at the console in a fresh browser. */
export interface Visit {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly complaints: Complaints;
}

/** Opens the console of a server, and signs in if a name is given; the password is the same, unless it is given, too. */
export async function visitConsole(
  browser: Browser,
  url: string,
  username?: string,
  password = username ?? '',
): Promise<Visit> {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 800 } });
  context.setDefaultTimeout(PATIENCE_MS);
  const complaints = watchPages(context, url);
  const page = await context.newPage();
  await page.goto('/console/login');
  if (username !== undefined) {
    await page.getByLabel('User name').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('heading', { name: 'Find', level: 1 }).waitFor();
  }
  return { context, page, complaints };
}

/** Closes the browser; nothing must have been complained about. */
export async function leave({ context, complaints }: Visit): Promise<void> {
  await context.close();
  expect(complaints).toEqual([]);
}
