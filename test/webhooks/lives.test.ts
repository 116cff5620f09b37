/** Who is told what; secrets that change; webhooks that end, begin again, and belong to operators. */

import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { addOrganization } from '../../src/registry/access/administration.js';
import { removeOrganization, suspendOrganization } from '../../src/registry/access/organizations.js';
import { enableWebhook, rotateSecret } from '../../src/registry/webhooks/webhooks.js';
import { newSecret, secretText } from '../../src/webhooks/signature.js';
import { silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import { type ReceivedEvent, type Receiver, startReceiver } from '../support/webhook-receiver.js';
import { authorityFile, deliveriesOf, makeWebhook, publishFor, triedOf, WAIT } from '../support/webhooks.js';

const TIMEOUT_MS = 180_000;
const ca = authorityFile();
let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  server = await startServer({ settings: { SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: ca.path } });
  await silenceCauses(server);
}, TIMEOUT_MS);
beforeEach(async () => {
  await server.sql('DELETE FROM sppp.webhook');
  await receiver?.close();
  receiver = await startReceiver();
});
afterAll(async () => {
  await receiver?.close();
  await server?.close();
  ca.remove();
});

const positionsOf = ({ received }: Receiver) =>
  received.map(({ body }) => Number(JSON.parse(body).id)).sort((a, b) => a - b);
const verify = ({ body, headers }: ReceivedEvent, secret: string) =>
  new Verifier(secret).verify(body, headers as Record<string, string>);

it('each is told of its own affairs, and of objects that it may get', { timeout: TIMEOUT_MS }, async () => {
  // The registrar 223 acts for 222, and 225 for itself.
  const [registrar, registrant, other, operators] = [
    await makeWebhook(server, 'iana-en:223', `${receiver.url}/registrar`),
    await makeWebhook(server, 'iana-en:222', `${receiver.url}/registrant`),
    await makeWebhook(server, 'iana-en:225', `${receiver.url}/other`),
    await makeWebhook(server, null, `${receiver.url}/operators`),
  ];
  const [own, ofRegistrant, object, ofOther, ofOperators] = await publishFor(server, [
    { organization: 'iana-en:223' },
    { organization: 'iana-en:222' },
    { organization: 'iana-en:222', noun: 'SedGrp' },
    { organization: 'iana-en:225', noun: 'PubId' },
    { organization: null },
  ]);
  const toldTo = async (webhook: typeof registrar) => (await triedOf(server, webhook)).map(({ position }) => position);
  expect(await toldTo(registrar)).toEqual([own, object]);
  expect(await toldTo(registrant)).toEqual([ofRegistrant]);
  expect(await toldTo(other)).toEqual([ofOther]);
  expect(await toldTo(operators)).toEqual([ofOperators]);
  // A grant that does not let it get such objects.
  await server.sql(`UPDATE sppp.registrar_grant g SET nouns = 'PubId,SedRec' FROM sppp.organization o
                     WHERE o.id = g.registrar_id AND o.org_id = 'iana-en:223'`);
  const [, mayGet] = await publishFor(server, [
    { organization: 'iana-en:222', noun: 'SedGrp' },
    { organization: 'iana-en:222', noun: 'PubId' },
  ]);
  expect(await toldTo(registrar)).toEqual([own, object, mayGet]);
});

it('types and prefixes of types', { timeout: TIMEOUT_MS }, async () => {
  const webhook = await makeWebhook(server, 'iana-en:225', receiver.url, ['sppp.offer.*', 'sppp.peer.lost.v1']);
  const types = ['sppp.offer.made.v1', 'sppp.offers.v1', 'sppp.peer.lost.v1', 'sppp.peer.lost.v2', 'sppp.claim.won.v1'];
  const [offer, , lost] = await publishFor(
    server,
    types.map((type) => ({ type, organization: 'iana-en:225' })),
  );
  expect((await triedOf(server, webhook)).map(({ position }) => position)).toEqual([offer, lost]);
});

it('a later organization gets later events; a suspended one only those of itself', {
  timeout: TIMEOUT_MS,
}, async () => {
  const orgId = 'iana-en:700';
  await addOrganization(server.deps.database.prisma, orgId, '');
  await publishFor(server, [{ organization: orgId }]);
  const webhook = await makeWebhook(server, orgId, receiver.url);
  const [first] = await publishFor(server, [{ organization: orgId }]);
  expect((await triedOf(server, webhook)).map(({ position }) => position)).toEqual([first]);
  await server.sql(
    `INSERT INTO sppp.registrar_grant (registrar_id, registrant_id)
                    SELECT id, id FROM sppp.organization WHERE org_id = $1`,
    [orgId],
  );
  await suspendOrganization(server.deps.database.pool, orgId, new Date());
  const [, ofItself] = await publishFor(server, [{ organization: orgId, noun: 'PubId' }, { organization: orgId }]);
  expect((await triedOf(server, webhook)).map(({ position }) => position)).toEqual([first, ofItself]);
  await removeOrganization(server.deps.database.pool, orgId, new Date());
  expect(await server.sql('SELECT FROM sppp.webhook')).toEqual([]);
});

it('events of one subject come in their order', { timeout: TIMEOUT_MS }, async () => {
  await makeWebhook(server, 'iana-en:225', receiver.url);
  receiver.answer = (response) => void setTimeout(() => response.writeHead(204).end(), Math.random() * 20);
  const events = Array.from({ length: 60 }, (_, n) => ({ organization: 'iana-en:225', subject: `offer ${n % 3}` }));
  await publishFor(server, events);
  await expect.poll(() => receiver.received.length, WAIT).toBe(60);
  const told = receiver.received.map(({ body }) => JSON.parse(body) as { id: string; subject: string });
  for (const subject of ['offer 0', 'offer 1', 'offer 2']) {
    const ids = told.filter((event) => event.subject === subject).map(({ id }) => Number(id));
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
  }
});

it('two secrets sign until the former one ends', { timeout: TIMEOUT_MS }, async () => {
  const { id, secret } = await makeWebhook(server, 'iana-en:225', receiver.url);
  const second = newSecret();
  const { pool } = server.deps.database;
  await rotateSecret(pool, 'anybody', id, second, 1);
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  await expect.poll(() => receiver.received.length, WAIT).toBe(1);
  const [both] = receiver.received as [ReceivedEvent];
  expect(verify(both, secret)).toEqual(verify(both, secretText(second)));
  await server.sql(`UPDATE sppp.webhook SET former_until = now()`);
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  await expect.poll(() => receiver.received.length, WAIT).toBe(2);
  const [, single] = receiver.received as [ReceivedEvent, ReceivedEvent];
  expect(verify(single, secretText(second))).toMatchObject({ type: 'sppp.offer.made.v1' });
  expect(() => verify(single, secret)).toThrow();
});

it('410 Gone disables it, and its organization and the operators are told', { timeout: TIMEOUT_MS }, async () => {
  const gone = await startReceiver();
  gone.answer = (response) => response.writeHead(410).end();
  const webhook = await makeWebhook(server, 'iana-en:225', gone.url);
  const others = [
    await makeWebhook(server, 'iana-en:225', `${receiver.url}/own`),
    await makeWebhook(server, null, receiver.url),
  ];
  const [before] = await publishFor(server, [{ organization: 'iana-en:225' }]);
  await expect.poll(() => receiver.received.length, WAIT).toBe(3);
  const told = receiver.received
    .map(({ body }) => JSON.parse(body))
    .filter(({ type }) => type === 'sppp.webhook.disabled.v1');
  expect(told.map(({ subject, data }) => ({ subject, data }))).toEqual(
    others.map(() => ({
      subject: `webhook:${webhook.id}`,
      data: { webhook: webhook.id, url: gone.url, reason: 'it answered 410 Gone' },
    })),
  );
  // Nothing more is sent; what it missed can be asked for.
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  expect(await deliveriesOf(server, webhook)).toMatchObject([{ position: before, state: 'failed', http_status: 410 }]);
  gone.answer = (response) => response.writeHead(200).end('back');
  await enableWebhook(server.deps.database.pool, 'anybody', webhook.id);
  const [after] = await publishFor(server, [{ organization: 'iana-en:225' }]);
  await expect.poll(() => positionsOf(gone), WAIT).toEqual([before, after]);
  await gone.close();
});

it('three days of nothing but failures disable it', { timeout: TIMEOUT_MS }, async () => {
  receiver.answer = (response) => response.writeHead(500).end();
  const webhook = await makeWebhook(server, 'iana-en:225', receiver.url);
  await server.sql(`UPDATE sppp.webhook SET failing_since = now() - interval '73 hours'`);
  await publishFor(server, [{ organization: 'iana-en:225' }]);
  const reason = async () =>
    (await server.sql<{ disabled_because: string | null }>('SELECT disabled_because FROM sppp.webhook'))[0]
      ?.disabled_because;
  await expect.poll(reason, WAIT).toMatch(/^every attempt since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ has failed$/);
  expect(await deliveriesOf(server, webhook)).toMatchObject([{ state: 'waiting', attempts: 1 }]);
  // What waited is sent when it is enabled again.
  receiver.answer = (response) => response.writeHead(204).end();
  await server.sql(`UPDATE sppp.webhook_delivery SET due_at = now()`);
  await enableWebhook(server.deps.database.pool, 'anybody', webhook.id);
  await expect.poll(async () => (await deliveriesOf(server, webhook))[0]?.state, WAIT).toBe('delivered');
});
