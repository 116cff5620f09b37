/**
 * Random changes of four organizations, in all modes, with failures and dry runs among them, while the server is killed
 * and started again. What is published equals what a naive model says.
 */

import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { sedGrp } from '../support/carrier.js';
import { addRegistrar, type ChildServer, startChildServerOn } from '../support/child-server.js';
import { type Installation, install } from '../support/command-line.js';
import { createDatabase, type TestDatabase } from '../support/database.js';
import { DigestClient } from '../support/digest-client.js';
import { type Change, EventModel } from '../support/event-model.js';
import { faultsOf } from '../support/events.js';
import { numberKey, obj, objKey, tn } from '../support/message.js';
import { as, batchRequest, offer, offerKey, offerObjKey } from '../support/peering.js';
import '../support/long-timeouts.js';

const REQUESTS = 200;
/** Every so many requests the server is killed. */
const KILL_EVERY = 40;
const TIMEOUT_MS = 600_000;
const WAIT = { timeout: 120_000, interval: 50 };

const orgs = ['iana-en:1', 'iana-en:2', 'iana-en:3', 'iana-en:4'] as const;
const names = ['one', 'two', 'three'] as const;
const modes = ['', '', '/partial', '/validate'] as const;

let installation: Installation;
let database: TestDatabase;
let db: pg.Client;
let serving: ChildServer;

const startServing = () =>
  startChildServerOn(installation, database.url, 512, {
    SPPP_RATE_ADDRESS_REQUESTS: '1000000/60',
    SPPP_DATABASE_CONNECTIONS: '6',
  });

/** A registrar acts for itself and for the next organization. */
const registrantsOf = (index: number) => [orgs[index], orgs[(index + 1) % orgs.length]] as readonly string[];
const loginOf = (org: string) => org.replace('iana-en:', 'ssp');

beforeAll(async () => {
  [installation, database] = await Promise.all([install(), createDatabase()]);
  const { prisma, close } = await openDatabase(database.url, { durable: false });
  for (const [index] of orgs.entries()) await addRegistrar(prisma, index + 1);
  for (const [index, registrar] of orgs.entries()) await addGrant(prisma, registrar, registrantsOf(index)[1] ?? '');
  await close();
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
  serving = await startServing();
}, TIMEOUT_MS);
afterAll(async () => {
  await serving?.close();
  await db?.end();
  await database?.drop();
  await installation?.remove();
}, TIMEOUT_MS);

/** The same numbers on every run. */
let state = 20;
function random(below: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}
const pick = <T>(list: readonly T[]): T => list[random(list.length)] as T;

function randomChange(index: number): Change {
  const rant = pick(registrantsOf(index));
  const kind = random(10);
  if (kind < 2)
    return { what: pick(['add number', 'add number', 'delete number']), rant, digits: `1202555010${random(4)}` };
  if (kind < 4) return { what: pick(['add group', 'add group', 'add group', 'delete group']), rant, name: pick(names) };
  const other = pick(orgs.filter((org) => org !== rant));
  if (kind < 7) return { what: pick(['offer', 'offer', 'withdraw']), rant, name: pick(names), to: other };
  return { what: pick(['accept', 'accept', 'reject']), rant: other, name: pick(names), to: rant };
}

/** A change that mostly can be carried out. */
function likelyChange(index: number, model: EventModel): Change {
  for (;;) {
    const change = randomChange(index);
    if (!model.fails(change) || random(12) === 0) return change;
  }
}

/** Changes of which no two are about one object: in one request those would be one. */
function randomChanges(index: number, model: EventModel): Change[] {
  const changes = Array.from({ length: 1 + random(4) }, () => likelyChange(index, model));
  const family = (change: Change) => `${change.rant} ${'digits' in change ? change.digits : change.name}`;
  return changes.filter((change, nth) => changes.findIndex((each) => family(each) === family(change)) === nth);
}

function itemOf(change: Change, rar: string): string {
  const { rant } = change;
  switch (change.what) {
    case 'add group':
      return as('addObj', obj('SedGrpType', sedGrp(change.name), { rant, rar }));
    case 'delete group':
      return as('delObj', objKey('SedGrp', change.name, rant));
    case 'add number':
      return as('addObj', tn(change.digits, [], { rant, rar }));
    case 'delete number':
      return as('delObj', numberKey('TN', change.digits, rant));
    case 'offer':
      return as('addObj', offer(change.name, change.to, { rant, rar }));
    case 'withdraw':
      return as('delObj', offerObjKey(change.name, change.to, rant));
    case 'accept':
      return as('acceptSedGrpOffer', offerKey(change.name, change.to, rant));
    case 'reject':
      return as('rejectSedGrpOffer', offerKey(change.name, change.to, rant));
  }
}

const committed = async () =>
  (await db.query<{ n: number }>('SELECT count(*)::int AS n FROM sppp.transaction WHERE committed')).rows[0]?.n ?? 0;

/** Kills the server, waits for the end of what the database still does for it, and starts it again. */
async function killServer(): Promise<void> {
  await serving.close();
  await expect
    .poll(
      async () =>
        (
          await db.query(
            "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'sppp%'",
          )
        ).rowCount,
      WAIT,
    )
    .toBe(0);
  serving = await startServing();
}

it(
  'tells each organization all that concerns it, once and in order',
  async () => {
    const model = new EventModel();
    const clients = orgs.map((org) => new DigestClient({ username: loginOf(org), password: loginOf(org) }));
    for (let nth = 1; nth <= REQUESTS; nth++) {
      const index = random(orgs.length);
      const rar = orgs[index] as string;
      const changes = randomChanges(index, model);
      const mode = pick(modes);
      const body = batchRequest(...changes.map((change) => itemOf(change, rar)));
      const before = await committed();
      const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body };
      const sending = (clients[index] as DigestClient).send(`${serving.url}/sppp${mode}`, sent);
      const good = changes.filter((change) => !model.fails(change));
      let isDone = mode === '/partial' ? good.length > 0 : mode === '' && good.length === changes.length;
      if (nth % KILL_EVERY === 0) {
        const answer = sending.then(
          () => true,
          () => false,
        );
        await new Promise((resolve) => setTimeout(resolve, random(40)));
        await killServer();
        if (!(await answer)) isDone &&= (await committed()) > before;
      } else {
        const { status, text } = await sending;
        expect(status, text).toBe(200);
        expect((await committed()) - before, `${mode} ${JSON.stringify(changes)} ${text}`).toBe(isDone ? 1 : 0);
      }
      if (isDone) for (const change of good) model.apply(change, rar);
    }
    await expect.poll(async () => (await db.query('SELECT FROM sppp.event_outbox')).rowCount, WAIT).toBe(0);
    const { rows } = await db.query<{ type: string; org: string; subject: string; data: Record<string, unknown> }>(
      `SELECT e.type, o.org_id AS org, e.subject, e.data
         FROM sppp.event e JOIN sppp.organization o ON o.id = e.organization_id
        WHERE e.type ~ '[.](offer|peer|object)[.]' ORDER BY e.position`,
    );
    const told = new Map<string, string[]>();
    for (const each of rows) {
      expect(faultsOf(each), JSON.stringify(each)).toEqual([]);
      const line = `${each.type.replace(/^sppp\.|\.v1$/g, '')} to ${each.org}`;
      told.set(each.subject, [...(told.get(each.subject) ?? []), line]);
    }
    const sorted = (map: ReadonlyMap<string, string[]>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
    expect(sorted(told)).toEqual(sorted(model.told));
    expect(rows.length).toBeGreaterThan(REQUESTS / 4);
  },
  TIMEOUT_MS,
);
