/** Standing agreements that registrars, and operators on behalf of somebody, make and withdraw in the console. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { listAgreements } from '../../src/registry/access/agreements.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const hostile = '"><script>alert(1)</script>';

let server: TestServer;
const readers = new Map<string, PageReader>();

beforeAll(async () => {
  server = await startServer({ backgroundJobs: false });
  const { prisma } = server.deps.database;
  for (const role of ['viewer', 'operator'] as const) {
    await addOperator(prisma, { username: role, role, ...secretsOf(role, role) });
  }
  for (const username of ['viewer', 'operator', 'ssp1', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const address = (path: string, query: Record<string, string>) =>
  `/console/agreements/${path}?${new URLSearchParams(query)}`;
const show = (username: string, path: string, query: Record<string, string>) =>
  (readers.get(username) as PageReader).get(address(path, query));
const press = (username: string, path: string, query: Record<string, string>) =>
  (readers.get(username) as PageReader).postFrom('/console', address(path, query));
const all = () => listAgreements(server.deps.database.pool, { withWithdrawn: true });

const own = { offeredTo: 'iana-en:111', offeredBy: 'iana-en:222', pattern: 'GRP_*' };

describe('a registrar that may accept offers', () => {
  it('makes an agreement in two steps', async () => {
    const { status, text } = await show('ssp1', 'add', own);
    expect(status).toBe(200);
    expect(text).toContain('groups with names such as GRP_*');
    expect(await all()).toEqual([]);
    expect((await press('ssp1', 'add', own)).headers.location).toBe('/console/agreements');
    expect((await press('ssp1', 'add', own)).status).toBe(303);
    expect(await all()).toMatchObject([{ ...own, createdBy: 'ssp1', createdRegistrar: 'iana-en:111' }]);
  });

  it.each([
    [{ pattern: 'x'.repeat(81) }, 'pattern “'],
    [{ offeredBy: 'iana-en:111' }, 'another organization than offeredTo'],
    [{ offeredBy: 'iana-en:999' }, 'an organization of the registry'],
    [{ offeredBy: hostile }, 'an organization of the registry'],
    [{ offeredBy: '' }, 'an organization of the registry'],
  ])('makes none with %j', async (wrong, rule) => {
    const { status, text } = await press('ssp1', 'add', { ...own, ...wrong });
    expect(status).toBe(400);
    expect(text).toContain(rule);
    expect(text).not.toContain('<script');
    expect(await all()).toHaveLength(1);
  });

  it('withdraws it', async () => {
    const [agreement] = await all();
    const id = String(agreement?.id);
    expect((await show('ssp1', 'withdraw', { id })).text).toContain('what it accepted stays accepted');
    expect((await all())[0]?.withdrawnAt).toBeNull();
    expect((await press('ssp1', 'withdraw', { id })).status).toBe(303);
    expect((await all())[0]).toMatchObject({ withdrawnBy: 'ssp1' });
    expect((await press('ssp1', 'withdraw', { id })).status).toBe(409);
  });
});

describe('others', () => {
  it('make and withdraw nothing, as if nothing were there', async () => {
    await press('ssp1', 'add', { ...own, pattern: 'OTHER' });
    const id = String((await all()).at(-1)?.id);
    for (const send of [show, press]) {
      expect((await send('ssp4', 'add', own)).status).toBe(404);
      for (const each of [id, '999', '999999999999', '']) {
        expect((await send('ssp4', 'withdraw', { id: each })).status).toBe(404);
      }
      expect((await send('viewer', 'add', { ...own, for: 'Ann' })).status).toBe(403);
      expect((await send('viewer', 'withdraw', { id, for: 'Ann' })).status).toBe(403);
    }
    expect((await all()).at(-1)?.withdrawnAt).toBeNull();
    const viewer = readers.get('viewer') as PageReader;
    expect((await viewer.get('/console/agreements')).text).not.toContain('Make an agreement');
  });
});

describe('an operator', () => {
  it('acts on behalf of somebody, who is on record', async () => {
    const wanted = { offeredTo: 'iana-en:226', offeredBy: 'iana-en:222' };
    for (const wrong of ['', ' ', 'x'.repeat(256)]) {
      expect((await press('operator', 'add', { ...wanted, for: wrong })).status).toBe(400);
    }
    const shown = (await show('operator', 'add', { ...wanted, for: hostile })).text;
    expect(shown).toContain('all its groups');
    expect(shown).not.toContain('<script');
    expect((await press('operator', 'add', { ...wanted, for: hostile })).status).toBe(303);
    const made = (await all()).at(-1);
    expect(made).toMatchObject({ ...wanted, pattern: null, createdBy: hostile, createdRegistrar: null });
    const id = String(made?.id);
    expect((await press('operator', 'withdraw', { id })).status).toBe(400);
    expect((await press('operator', 'withdraw', { id, for: 'Ann' })).status).toBe(303);
    expect((await all()).at(-1)).toMatchObject({ withdrawnBy: 'Ann' });
    const records = await server.sql(
      `SELECT username FROM sppp_api.operator_request
        WHERE method = 'POST' AND target LIKE '/console/agreements/withdraw?id=%&for=Ann' AND username = 'operator'`,
    );
    expect(records).toEqual([{ username: 'operator' }]);
  });
});
