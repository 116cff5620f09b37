/**
 * Random changes of four organizations, in all modes, with failures and dry runs among them, while nodes and the database are
 * killed: what consumers read and what webhooks get is what a naive model says. SPPP_TEST_ROUNDS is how many times 500 changes
 * there are, SPPP_TEST_SEED repeats what is chosen. 20,000 changes:
 * SPPP_TEST_ROUNDS=40 npx vitest run test/events/killed.test.ts
 */

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Narrowing } from '../../src/model/grant.js';
import { addGrant, listGrants, removeGrants } from '../../src/registry/access/administration.js';
import { resumeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import type { Database } from '../../src/registry/connection/database.js';
import { Dice, randomGrants } from '../support/authority-model.js';
import { ChangingOrganizations, usernameOf } from '../support/changing-organizations.js';
import { EventConsumer } from '../support/event-consumer.js';
import { EventModel, type NumberedGrant } from '../support/event-model.js';
import { MortalRegistry } from '../support/mortal-registry.js';
import { orgs } from '../support/random-changes.js';
import { expectTold } from '../support/told-events.js';
import { openVerifiedWebhook, type VerifiedWebhook } from '../support/verified-webhook.js';
import { authorityFile } from '../support/webhooks.js';

const seed = Number(process.env.SPPP_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
const rounds = Number(process.env.SPPP_TEST_ROUNDS ?? 1);
const CHANGES = 500;
const TIMEOUT_MS = rounds * 600_000;
const WAIT = { timeout: 240_000, interval: 50 };

/** What the consumers of each organization read. */
const kinds = {
  everything: undefined,
  offers: 'sppp.offer.*,sppp.peer.*',
  objects: 'sppp.object.*,sppp.claim.*',
} as const;

const dice = new Dice(seed);
const ca = authorityFile();
let registry: MortalRegistry;
let model: EventModel;
let organizations: ChangingOrganizations;
const webhooks = new Map<string, VerifiedWebhook>();
/** The organization whose logins may be refused. */
let refused: string | undefined;

beforeAll(async () => {
  registry = await MortalRegistry.start(orgs.length, {
    ...{ SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: ca.path, SPPP_LOG_LEVEL: 'warn' },
  });
  const grants = await registry.operate(async ({ prisma, pool }) => {
    await makeGrants(prisma, 10);
    for (const org of orgs) webhooks.set(org, await openVerifiedWebhook({ pool }, registry.sql.bind(registry), org));
    return grantsIn(prisma);
  });
  model = new EventModel(orgs, grants);
  organizations = new ChangingOrganizations(registry, model, dice);
}, TIMEOUT_MS);
afterAll(async () => {
  for (const webhook of webhooks.values()) await webhook.close();
  await registry?.close();
  ca.remove();
}, TIMEOUT_MS);

async function makeGrants(prisma: Database['prisma'], count: number): Promise<void> {
  for (const { registrar, org, ...narrowing } of randomGrants(dice, orgs, orgs, count)) {
    await addGrant(prisma, registrar, org, narrowing as Partial<Narrowing>);
  }
}

async function grantsIn(prisma: Database['prisma']): Promise<NumberedGrant[]> {
  const grants = await listGrants(prisma);
  const isOurs = ({ registrar }: { readonly registrar: string }) => orgs.some((org) => org === registrar);
  return grants.filter(isOurs).map(({ registrant, ...grant }) => ({ ...grant, org: registrant }));
}

/** Has the operator change something, which the model then tells. */
async function operate<T>(
  change: (database: Database) => Promise<T>,
  tell: (changed: T, cause: { sent: number; known: number }) => void,
): Promise<void> {
  const sent = organizations.moment();
  const changed = await registry.operate(change);
  tell(changed, { sent, known: organizations.moment() });
}

async function suspendOne(): Promise<void> {
  const org = dice.one(orgs);
  refused = org;
  await operate(
    ({ pool }) => suspendOrganization(pool, org, new Date()),
    (_, cause) => model.suspend(org, cause),
  );
}

async function resume(): Promise<void> {
  const org = model.suspended;
  if (org === undefined) return;
  await operate(
    ({ pool }) => resumeOrganization(pool, org),
    (_, cause) => model.resume(cause),
  );
  refused = undefined;
}

/** One grant goes, others come. What an organization may do for itself stays. */
async function regrant(): Promise<void> {
  const { registrar, org, id } = dice.one(model.grants.filter((grant) => grant.registrar !== grant.org));
  await operate(
    async ({ prisma }) => {
      await removeGrants(prisma, registrar, org, id);
      await makeGrants(prisma, 2);
      return grantsIn(prisma);
    },
    (grants, cause) => model.regrant(grants, cause),
  );
}

/** Kills once, somewhere among the next changes. */
async function killAmongChanges(kill: () => Promise<void>): Promise<void> {
  const at = organizations.settled + dice.below(CHANGES);
  const within = dice.below(20);
  while (organizations.settled < at) await delay(5);
  await delay(within);
  await kill();
}

/** Waits until all events are published. Returns the last position. */
async function published(): Promise<number> {
  await expect.poll(async () => (await registry.sql('SELECT FROM sppp.event_outbox')).length, WAIT).toBe(0);
  const [horizon] = await registry.sql<{ published: string }>('SELECT published FROM sppp.event_horizon');
  return Number(horizon?.published);
}

/** Waits until consumers have read and acknowledged all events. */
async function allRead(consumers: readonly EventConsumer[]): Promise<void> {
  const last = await published();
  await expect.poll(() => consumers.filter(({ acked }) => acked < last).length, WAIT).toBe(0);
}

/** Waits until all events are with the webhooks. */
async function allDelivered(): Promise<void> {
  const waiting = "SELECT FROM sppp.webhook_delivery WHERE state = 'waiting' LIMIT 1";
  await expect.poll(async () => (await registry.sql(waiting)).length, WAIT).toBe(0);
}

async function openConsumer(org: string, consumer: string, types: string | undefined, at: number) {
  const isSuspended = () => refused === org;
  const reading = { username: usernameOf(org), consumer, ...(types === undefined ? {} : { types }), isSuspended };
  const opened = new EventConsumer(registry, new Dice(dice.below(2 ** 31)), reading);
  await opened.beginAt(at);
  return opened;
}

/** Has consumers read while something is done. */
async function reading(consumers: readonly EventConsumer[], act: () => Promise<void>): Promise<void> {
  const end = new AbortController();
  const following = Promise.all(consumers.map((consumer) => consumer.follow(end.signal)));
  try {
    await Promise.race([act(), following]);
  } finally {
    end.abort();
  }
  await following;
}

function printFigures(consumers: readonly EventConsumer[]): void {
  const { settled, done, lost } = organizations;
  const { node, database } = registry.kills;
  const sum = <Each>(all: Iterable<Each>, countOf: (each: Each) => number) =>
    [...all].reduce((total, each) => total + countOf(each), 0);
  const figures = [
    `${settled} changes, ${done} of them carried out; ${node} nodes and ${database} databases killed; ${lost} answers lost`,
    `${sum(consumers, ({ events }) => events.length)} events read, ${sum(consumers, ({ repeated }) => repeated)} times again before they were acknowledged`,
    `${sum(webhooks.values(), ({ events }) => events.size)} sent in ${sum(webhooks.values(), ({ messages }) => messages)} messages`,
  ];
  process.stdout.write(`${figures.join('; ')}\n`);
}

const isOf = (types: string | undefined, type: string) =>
  types === undefined || types.split(',').some((prefix) => type.startsWith(prefix.slice(0, -1)));

it(
  `${rounds * CHANGES} changes are told to those whom they concern, each once and in order (seed ${seed})`,
  async () => {
    const start = await published();
    const readers = [];
    for (const org of orgs) {
      for (const [kind, types] of Object.entries(kinds)) {
        readers.push({ org, kind, types, consumer: await openConsumer(org, kind, types, start) });
      }
    }
    const consumers = readers.map(({ consumer }) => consumer);
    await reading(consumers, async () => {
      for (let round = 1; round <= rounds; round++) {
        if (dice.below(2) === 0) await suspendOne();
        await Promise.all([
          organizations.change(CHANGES),
          killAmongChanges(() => registry.killNode(0)),
          killAmongChanges(() => registry.killNode(1)),
          killAmongChanges(() => registry.killDatabase()),
        ]);
        await published();
        await resume();
        await allRead(consumers);
        await regrant();
      }
      await allRead(consumers);
    });
    for (const { org, kind, types, consumer } of readers) {
      const told = model.readBy(org).filter(({ type }) => isOf(types, type));
      expectTold(consumer.events, told, `${kind} of ${org}`);
    }
    for (const org of orgs) {
      const late = await openConsumer(org, 'late', undefined, start);
      await reading([late], () => allRead([late]));
      expectTold(late.events, model.readableBy(org), `what ${org} reads at last`);
    }
    await allDelivered();
    printFigures(consumers);
    for (const [org, { events, faults }] of webhooks) {
      expect(faults).toEqual([]);
      const ofTrial = [...events.values()].filter(({ id }) => Number(id) > start);
      const inOrder = ofTrial.sort((a, b) => Number(a.id) - Number(b.id));
      expectTold(inOrder, model.sentTo(org), `the webhook of ${org}`);
    }
  },
  TIMEOUT_MS,
);
