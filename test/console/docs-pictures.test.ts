/** The pictures in docs/console.md, of the example registry. `UPDATE_PICTURES=1` takes them anew. */

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { secretsOf } from '../../src/cli/password.js';
import { objectPath, peeringPath, whyPath } from '../../src/console/paths.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { findChromium, PATIENCE_MS, startBrowser } from '../support/browser.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

const DOCS = fileURLToPath(new URL('../../docs', import.meta.url));
const FOLDER = join(DOCS, 'console');
const schemes = ['light', 'dark'] as const;
const VIEWPORT = { width: 1000, height: 800 };

/** Each page with who reads it: a registrar, or an operator. */
const pages: readonly (readonly [name: string, reader: UserName | 'olga', path: string])[] = [
  ['find', 'ssp2r', '/console'],
  ['object', 'ssp2r', objectPath({ kind: 'ObjKeyType', rant: 'iana-en:222', name: 'INGRESS_EAST', type: 'SedGrp' })],
  ['why', 'ssp1', whyPath('+12025550101', 'iana-en:111')],
  ['peering', 'olga', peeringPath()],
  ['offers', 'ssp1', '/console/offers'],
  ['requests', 'olga', '/console/requests'],
];

it(
  'docs/console.md shows every picture, light and dark',
  async () => {
    if (process.env.UPDATE_PICTURES !== undefined) await takePictures(findChromium() ?? 'chromium');
    const text = await readFile(join(DOCS, 'console.md'), 'utf8');
    const shown = [...text.matchAll(/(?:src|srcset)="console\/([^"]+)"/g)].map(([, file]) => file).sort();
    const wanted = pages.flatMap(([name]) => schemes.map((scheme) => `${name}-${scheme}.png`)).sort();
    expect(await readdir(FOLDER)).toEqual(wanted);
    expect(shown).toEqual(wanted);
  },
  20 * PATIENCE_MS,
);

async function takePictures(program: string): Promise<void> {
  const server = await startServer();
  const browser = await startBrowser(program);
  try {
    await addOperator(server.deps.database.prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
    for (const { username, message } of await examples()) await server.post(message, { as: username as UserName });
    await rm(FOLDER, { recursive: true, force: true });
    await mkdir(FOLDER);
    for (const [name, reader, path] of pages) {
      for (const scheme of schemes) await takePicture(browser, server, { name, reader, path, scheme });
    }
  } finally {
    await browser.close();
    await server.close();
  }
}

interface Shot {
  readonly name: string;
  readonly reader: string;
  readonly path: string;
  readonly scheme: (typeof schemes)[number];
}

async function takePicture(browser: Browser, { url }: TestServer, { name, reader, path, scheme }: Shot): Promise<void> {
  const context = await browser.newContext({ baseURL: url, viewport: VIEWPORT, colorScheme: scheme });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  await page.goto('/console/login');
  await page.getByLabel('User name').fill(reader);
  await page.getByLabel('Password').fill(reader);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { name: 'Find', level: 1 }).waitFor();
  await page.goto(path);
  await page.screenshot({ path: join(FOLDER, `${name}-${scheme}.png`) });
  await context.close();
}
