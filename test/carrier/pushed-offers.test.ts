/** Offers in every state: what a pull has of them, and what becomes of that in an empty registry. */

import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pull } from '../../src/carrier/pull.js';
import { push } from '../../src/carrier/push.js';
import { type Connection, connect } from '../../src/client/connect.js';
import { readForm } from '../../src/forms/read-form.js';
import type { SedGrpOfferKey } from '../../src/model/key.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const owner = { rant: 'iana-en:111', rar: 'iana-en:111' };
const to = 'iana-en:225';
const groups = ['ACCEPTED', 'OFFERED', 'REJECTED', 'WITHDRAWN'];

let registry: TestServer;
let empty: TestServer;
let folder: string;
const connections: Connection[] = [];

function loginTo({ url }: TestServer, user: string): Connection {
  const connection = connect({ url, user, password: user });
  connections.push(connection);
  return connection;
}

beforeAll(async () => {
  registry = await startServer();
  empty = await startServer();
  folder = await mkdtemp(join(tmpdir(), 'sppp-offers-'));
});
afterAll(async () => {
  for (const connection of connections) connection.close();
  await registry.close();
  await empty.close();
  await rm(folder, { recursive: true, force: true });
});

const offerOf = (name: string): SedGrpOfferKey => ({
  kind: 'SedGrpOfferKeyType',
  sedGrpKey: { kind: 'ObjKeyType', rant: owner.rant, name, type: 'SedGrp' },
  offeredTo: to,
});

/** The files of a folder as push reads them: without what the registry sets. */
async function contentOf(name: string): Promise<unknown[]> {
  const lines: unknown[] = [];
  for (const kind of ['sedGrp', 'sedGrpOffer'])
    for await (const line of readForm(join(folder, name, `${kind}.csv`))) lines.push('item' in line ? line.item : line);
  return lines;
}

async function statesOf(connection: Connection): Promise<string[]> {
  const { objects } = await connection.offers();
  return objects.flatMap((offer) =>
    offer.kind === 'SedGrpOfferType' ? `${offer.sedGrpOfferKey.sedGrpKey.name} ${offer.status}` : [],
  );
}

it('those that stand are pulled, and are offered anew where they are pushed', async () => {
  const [offering, offered] = [loginTo(registry, 'ssp1'), loginTo(registry, 'ssp3')];
  const empties = { sedRecRef: [], dgName: [], peeringOrg: [], sourceIdent: [] };
  await offering.add(
    groups.map((sedGrpName) => ({ kind: 'SedGrpType', ...owner, ...empties, sedGrpName, isInSvc: true, priority: 10 })),
  );
  const offerDateTime = new Date().toISOString();
  await offering.add(
    groups.map((name) => ({
      ...{ kind: 'SedGrpOfferType', ...owner, sedGrpOfferKey: offerOf(name), status: 'offered', offerDateTime },
    })),
  );
  expect((await offered.accept([offerOf('ACCEPTED')])).applied).toBe(1);
  expect((await offered.reject([offerOf('REJECTED')])).applied).toBe(1);
  expect((await offering.delete([offerOf('WITHDRAWN')])).applied).toBe(1);

  await pull(offering, join(folder, 'own'), {});
  const rows = (await readFile(join(folder, 'own', 'sedGrpOffer.csv'), 'utf8')).trimEnd().split('\n').slice(1);
  expect(rows.map((row) => groups.filter((name) => row.includes(name)))).toEqual([['ACCEPTED'], ['OFFERED']]);
  await pull(offered, join(folder, 'theirs'), {});
  const shared = await readFile(join(folder, 'theirs', 'peers', 'sedGrpOffer.csv'), 'utf8');
  expect(groups.filter((name) => shared.includes(name))).toEqual(['ACCEPTED', 'OFFERED']);

  const pushing = loginTo(empty, 'ssp1');
  const hooks = { signal: new AbortController().signal, onProgress: () => undefined, onThrottled: () => undefined };
  for (const kind of ['sedGrp', 'sedGrpOffer']) {
    const how = { ifUnfinished: 'refuse', isCheck: false, itemsPerPart: 100, partsAtOnce: 2 } as const;
    const file = join(folder, 'own', `${kind}.csv`);
    const { counts } = await push(pushing, { file, settings: { url: empty.url, user: 'ssp1' }, ...how }, hooks);
    expect(counts).toMatchObject({ failed: 0, faulty: 0 });
  }
  expect(await statesOf(pushing)).toEqual(['ACCEPTED offered', 'OFFERED offered']);
  await pull(pushing, join(folder, 'pushed'), {});
  expect(await contentOf('pushed')).toEqual(await contentOf('own'));
});
