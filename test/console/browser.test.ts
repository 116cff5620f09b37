/** Stories of operators and carriers in a real browser, and what every page of the console owes to its readers. */

import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examples } from '../../src/cli/demo-data.js';
import { secretsOf } from '../../src/cli/password.js';
import { historyPath, objectPath, objectsPath, peeringPath, requestPath, whyPath } from '../../src/console/paths.js';
import { addOrganization } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { findChromium, PATIENCE_MS, startBrowser } from '../support/browser.js';
import { b, carrier, expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
import { leave, visitConsole } from '../support/console-visit.js';
import { addHostileObjects, hostileMissing, hostileNames } from '../support/hostile-objects.js';
import { destGrp, obj, readAnswer, tn } from '../support/message.js';
import { auditPage } from '../support/page-audit.js';
import { offer } from '../support/peering.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

const program = findChromium();
if (program === undefined) {
  process.stderr.write('test/console/browser.test.ts is skipped: there is no Chromium (Debian: chromium)\n');
}

describe.skipIf(program === undefined)('in a browser', { timeout: 20 * PATIENCE_MS }, () => {
  let server: TestServer;
  let browser: Browser | undefined;
  /** The server's ids of requests that failed: of a carrier, and one for objects with hostile names. */
  let failed = '';
  let hostile = '';
  beforeAll(async () => {
    server = await startServer();
    const { prisma } = server.deps.database;
    await addOperator(prisma, { username: 'olga', role: 'viewer', ...secretsOf('olga', 'olga') });
    for (const { username, message } of await examples()) {
      const answer = readAnswer((await server.post(message, { as: username as UserName })).text);
      if (answer.code !== 1000) failed = answer.serverTransId ?? '';
    }
    hostile = await addHostileObjects(server);
    await addOrganization(prisma, 'iana-en:111', `\u001b[31m${hostileNames[0]}`);
    await addOrganization(prisma, 'iana-en:222', hostileNames[1]);
    browser = await startBrowser(program ?? '');
  }, 5 * PATIENCE_MS);
  afterAll(async () => {
    await browser?.close();
    await server.close();
  }, 2 * PATIENCE_MS);

  const visit = (username?: string) => visitConsole(browser as Browser, server.url, username);

  const heading = (page: Page) => page.getByRole('heading', { level: 1 }).innerText();

  it('an operator finds out from an id why the request of a carrier failed', async () => {
    const olga = await visit('olga');
    const { page } = olga;
    await page.getByRole('searchbox').fill(failed);
    await page.getByRole('button', { name: 'Find' }).click();
    await page.getByRole('link', { name: failed }).click();
    await page.getByRole('heading', { name: `Request ${failed}` }).waitFor();
    const row = page.getByRole('table', { name: 'Failed objects' }).getByRole('row', { name: 'NOT_THERE' });
    expect(await row.innerText()).toContain('2102');
    await leave(olga);
  });

  it('a carrier accepts an offer, and sees its routes change', async () => {
    const inGroup = ref('STORY_REC', 1) + b('dgName', 'STORY_DEST');
    expectDone(
      await carrier(server).add(
        destGrp('STORY_DEST'),
        obj('URIType', uriRec('STORY_REC', 'sip:story@example.com')),
        obj('SedGrpType', sedGrp('STORY', inGroup)),
        tn('+12025557700', ['STORY_DEST']),
        offer('STORY', 'iana-en:111'),
      ),
    );
    const ssp1 = await visit('ssp1');
    const { page } = ssp1;
    await page.goto(whyPath('+12025557700', 'iana-en:111'));
    await page.getByRole('heading', { name: 'Answer', exact: true }).waitFor();
    const routes = page.getByRole('table', { name: 'Session establishment data, in order' });
    const route = routes.getByRole('row', { name: 'sip:story@example.com' });
    expect(await route.count()).toBe(0);
    const navigation = page.getByRole('navigation', { name: 'Console' });
    await navigation.getByRole('link', { name: 'Offers' }).click();
    const row = page.getByRole('row', { name: /^STORY / });
    await row.getByRole('button', { name: 'Accept' }).click();
    await page.getByRole('heading', { name: 'Accept iana-en:222:STORY/iana-en:111?' }).waitFor();
    const faults = await auditPage(page);
    await page.getByRole('button', { name: 'Accept' }).click();
    await page.getByRole('heading', { name: /^Request / }).waitFor();
    faults.push(...(await auditPage(page)));
    await navigation.getByRole('link', { name: 'Why?' }).click();
    await page.getByLabel('Number, rn= and a number, or URI').fill('+12025557700');
    await page.getByLabel('Organization that asks').fill('iana-en:111');
    await page.getByRole('button', { name: 'Ask' }).click();
    await route.waitFor();
    await leave(ssp1);
    expect(faults).toEqual([]);
  });

  it('an operator sees the way of a look-up, and what would change it', async () => {
    const olga = await visit('olga');
    const { page } = olga;
    await page.goto(whyPath('+12025550101', 'iana-en:111'));
    await page.getByRole('img', { name: 'The way from +12025550101 to the answer for iana-en:111' }).waitFor();
    const group = page.getByRole('group', { name: 'SED group INGRESS_TEST of iana-en:222' });
    await group.getByLabel('in service').check();
    await group.getByLabel('accepted by iana-en:111').check();
    await page.getByRole('button', { name: 'Try it' }).click();
    await page.getByRole('heading', { name: 'What would change', level: 1 }).waitFor();
    const faults = await auditPage(page);
    const after = page.getByRole('table', { name: 'The answer as it would be' });
    expect(await after.innerText()).toContain('INGRESS_TEST');
    const before = page.getByRole('table', { name: 'The answer as it is' });
    expect(await before.innerText()).not.toContain('INGRESS_TEST');
    await leave(olga);
    expect(faults).toEqual([]);
  });

  it('the keyboard alone gets from the login to an object', async () => {
    const ssp2 = await visit();
    const { page } = ssp2;
    /** Goes on by Tab until an element has the focus, which must be seen. */
    const tabTo = async (element: string) => {
      for (let stop = 0; stop < 50; stop++) {
        await page.keyboard.press('Tab');
        const outline = await page.evaluate<string>('getComputedStyle(document.activeElement).outlineStyle');
        expect(outline, `the focus at stop ${stop} on the way to ${element}`).not.toBe('none');
        if (await page.evaluate<boolean>(`document.activeElement.matches(${JSON.stringify(element)})`)) return;
      }
      throw new Error(`no way to ${element}`);
    };
    await tabTo('input[name=username]');
    await page.keyboard.type('ssp2r');
    await tabTo('input[name=password]');
    await page.keyboard.type('ssp2r');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Find', level: 1 }).waitFor();
    await tabTo('a.skip');
    await page.keyboard.press('Enter');
    await tabTo('input[type=search]');
    await page.keyboard.type('+1 (202) 555-0101');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Find +1 (202) 555-0101' }).waitFor();
    await tabTo('td a[href*="object"]');
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/console\/object\?/);
    expect(await heading(page)).toMatch(/^Number \+?12025550101$/);
    await leave(ssp2);
  });

  /** Pages of one sort differ in what they show, not in how. */
  function sortOf(path: string): string {
    const { pathname, searchParams } = new URL(path, server.url);
    const [kind] = (searchParams.get('key') ?? '').split(':', 1);
    return [pathname, ...searchParams.keys(), kind].join(' ');
  }

  /** Of the pages that links lead to, so many of each sort are looked at. */
  const OF_EACH_SORT = 2;

  const longNames = hostileNames.filter((name) => name.length === 80);

  it.each(['olga', 'ssp1', undefined])('every page that %s gets to can be read by everybody', async (who) => {
    const someone = await visit(who);
    const { page } = someone;
    const starts =
      who === undefined
        ? ['/console/login', '/console/login?next=/console/why']
        : [
            ...['/console/login', '/console', '/console/find?q=1', '/console/find?q=ingress', '/console/object?key=x'],
            ...[
              '/console/requests',
              '/console/offers',
              '/console/account',
              '/console/zone',
              '/console/why',
              '/console/request?id=x',
            ],
            whyPath('+12025550101', 'iana-en:111'),
            whyPath('x', 'iana-en:111'),
            ...[failed, hostile].map(requestPath),
            ...longNames.map((name) => objectPath({ kind: 'ObjKeyType', rant: 'iana-en:222', name, type: 'SedGrp' })),
            ...longNames.map((name) => `/console/find?${new URLSearchParams({ q: name })}`),
          ];
    const seen = new Set<string>();
    const sorts = new Map<string, number>();
    const faults: string[] = [];
    const look = async (path: string): Promise<string[]> => {
      seen.add(path);
      await page.goto(path);
      faults.push(...(await auditPage(page)));
      const links = `[...document.querySelectorAll('a[href^="/console"]:not([download])')].map((each) => each.getAttribute('href'))`;
      return page.evaluate<string[]>(links);
    };
    const queue: string[] = [];
    for (const path of starts) queue.push(...(await look(path)));
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      const count = sorts.get(sortOf(path)) ?? 0;
      if (seen.has(path) || count >= OF_EACH_SORT) continue;
      sorts.set(sortOf(path), count + 1);
      queue.push(...(await look(path)));
    }
    expect(faults).toEqual([]);
    if (who !== undefined) expect(seen.size).toBeGreaterThan(starts.length);
    await leave(someone);
  });

  /** Whatever a page has that did not come from the console itself. */
  const FOREIGN = `[...document.querySelectorAll('*')].filter((each) =>
    [...each.attributes].some(({ name }) => name.startsWith('on')) ||
    ['SCRIPT', 'IMG', 'IFRAME', 'OBJECT', 'EMBED'].includes(each.tagName) ||
    (each.tagName === 'A' && each.origin !== location.origin)
  ).map((each) => each.outerHTML)`;

  it.each(['olga', 'ssp1'])('stored text of every hostile kind is text on all pages of %s', async (who) => {
    const someone = await visit(who);
    const { page } = someone;
    const expectText = async (path: string, text: string) => {
      await page.goto(path);
      expect(await page.evaluate<string>('document.documentElement.innerText'), path).toContain(text);
      expect(await page.evaluate<string[]>(FOREIGN), path).toEqual([]);
    };
    for (const [index, name] of hostileNames.entries()) {
      const key = { kind: 'ObjKeyType', rant: 'iana-en:222', name } as const;
      const sedGrpKey = { ...key, type: 'SedGrp' } as const;
      await expectText(`/console/find?${new URLSearchParams({ q: name })}`, `Find ${name}`);
      await expectText(objectPath(sedGrpKey), name);
      await expectText(objectPath({ kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo: 'iana-en:111' }), name);
      await expectText(objectPath({ ...key, type: 'SedRec' }), `sip:${name}@example.com`);
      await expectText(objectPath({ ...key, rant: 'iana-en:111', type: 'EgrRte' }), name);
      await expectText(whyPath(`+1202556010${index}`, 'iana-en:111'), name);
      await expectText('/console/offers', name);
      await expectText(objectsPath('sedGrp', { begin: name, shared: 'yes' }), name);
      await expectText(objectsPath('egrRte', { begin: name }), name);
      await expectText(historyPath({ ...key, rant: 'iana-en:111', type: 'EgrRte' }), name);
    }
    await expectText('/console/organization?id=iana-en:111', hostileNames[0]);
    await expectText('/console/requests', 'Requests');
    if (who === 'olga') await expectText(requestPath(hostile), hostileMissing);
    await leave(someone);
  });

  it('a matrix of who peers with whom can be read by everybody', async () => {
    const peers = Array.from({ length: 45 }, (_, index) => `iana-en:${7000 + index}`);
    for (const peer of peers) await addOrganization(server.deps.database.prisma, peer, '');
    expectDone(
      await carrier(server).add(obj('SedGrpType', sedGrp('FOR_MANY')), ...peers.map((peer) => offer('FOR_MANY', peer))),
    );
    const olga = await visit('olga');
    const { page } = olga;
    await page.goto(peeringPath());
    await page.getByRole('table', { name: 'SED groups by organizations' }).waitFor();
    expect(await auditPage(page)).toEqual([]);
    await leave(olga);
  });
});
