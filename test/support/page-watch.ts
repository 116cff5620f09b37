import type { BrowserContext, Page } from 'playwright-core';

/** What no page of the console may do: every line is one that did. */
export type Complaints = readonly string[];

/** The answer of a page that was refused is in the console of every browser, too; who opens one looks at its status. */
const REFUSED = 'Failed to load resource: the server responded with a status of 4';

/**
 * Watches all pages of a context: errors, which breaches of the Content-Security-Policy are, dialogs, and requests to any
 * other origin.
 */
export function watchPages(context: BrowserContext, origin: string): Complaints {
  const complaints: string[] = [];
  context.on('request', (request) => {
    if (new URL(request.url()).origin !== origin) complaints.push(`request to ${request.url()}`);
  });
  context.on('response', (response) => {
    const isPage = response.request().isNavigationRequest();
    if (response.status() >= (isPage ? 500 : 400)) complaints.push(`${response.status()} for ${response.url()}`);
  });
  context.on('page', (page: Page) => {
    const at = () => page.url();
    page.on('console', (message) => {
      if (message.type() !== 'error' || message.text().startsWith(REFUSED)) return;
      complaints.push(`console of ${at()}: ${message.text()}`);
    });
    page.on('pageerror', (error) => complaints.push(`error on ${at()}: ${error.message}`));
    page.on('dialog', async (dialog) => {
      complaints.push(`dialog on ${at()}: ${dialog.message()}`);
      await dialog.dismiss();
    });
  });
  return complaints;
}
