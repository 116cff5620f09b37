import axe, { type AxeResults, type RunOptions } from 'axe-core';
import type { Page } from 'playwright-core';

/** A wide screen and a narrow one, one of them dark: colours do not depend on the width, and what is where not on colours. */
const screens = [
  { width: 1280, height: 800, colorScheme: 'light' },
  { width: 360, height: 740, colorScheme: 'dark' },
] as const;

/** The rules of WCAG 2.2 up to AA, and what else is good practice, such as landmarks and the order of headings. */
const rules: RunOptions = {
  resultTypes: ['violations'],
  runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  rules: { 'target-size': { enabled: true } },
};

/**
 * What keeps people from reading a page, on wide and narrow screens, in light and dark.
 *
 * @returns a line for each fault; none for a page that everybody can read
 */
export async function auditPage(page: Page): Promise<string[]> {
  const faults: string[] = [];
  const path = page.url().replace(/^https?:\/\/[^/]*/, '');
  await page.evaluate(axe.source);
  for (const { colorScheme, ...size } of screens) {
    await page.setViewportSize(size);
    await page.emulateMedia({ colorScheme });
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (width > size.width) faults.push(`${path} is ${width} px wide on a screen of ${size.width}`);
    const { violations } = await page.evaluate<AxeResults>(`axe.run(document, ${JSON.stringify(rules)})`);
    for (const { id, nodes } of violations) {
      const [first] = nodes;
      faults.push(`${path} (${size.width} px, ${colorScheme}): ${id}: ${first?.html} ${first?.failureSummary}`);
    }
  }
  return faults;
}
