/** The pictures in docs/console.md, of the example registry. `UPDATE_PICTURES=1` takes them anew. */

import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import { expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { secretsOf } from '../../src/cli/password.js';
import { changePath, objectPath, peeringPath, whyPath } from '../../src/console/paths.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { type ActivityCount, addActivity } from '../../src/registry/journal/activity.js';
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
  ['edit', 'ssp2r', changePath({ kind: 'ObjKeyType', rant: 'iana-en:222', name: 'INGRESS_EAST', type: 'SedGrp' })],
  ['charts', 'olga', '/console/charts/hour'],
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
    await addActivity(server.deps.database.pool, busyHour());
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

/** What charts of a busy hour are of: nobody asks the example registry that much. */
function busyHour(): ActivityCount[] {
  const begin = Date.now() - 59 * 60_000;
  const wave = (minute: number, length: number) => 1 + Math.sin((2 * Math.PI * minute) / length);
  return Array.from({ length: 60 }, (_, minute) => {
    const common = { at: new Date(begin + minute * 60_000), registrarId: 0, milliseconds: 0 };
    const requests = { ...common, what: 'request' } as const;
    const load = Math.round(40 + 30 * wave(minute, 30) + 8 * wave(minute, 7));
    return [
      { ...requests, outcome: '1000', milliseconds: 8, number: load },
      { ...requests, outcome: '1000', milliseconds: minute % 13 === 0 ? 128 : 32, number: Math.ceil(load / 10) },
      { ...requests, outcome: '2104', milliseconds: 8, number: 2 + (minute % 5) },
      { ...common, what: 'object', outcome: 'done', number: load * 90 } as const,
      { ...common, what: 'lookup', outcome: 'found', number: load * 12 } as const,
      { ...common, what: 'lookup', outcome: 'nothing', number: load } as const,
    ];
  }).flat();
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
