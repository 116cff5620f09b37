/** `/operator/webhooks`: those of the operators, over HTTP, for each role. */

import { Webhook as Verifier } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { operatorRoles } from '../../src/model/operator-role.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { DigestClient, send, sendJson } from '../support/digest-client.js';
import type { TestServer } from '../support/server.js';
import type { Receiver } from '../support/webhook-receiver.js';
import { type Delivering, makeWebhook, publishFor, startDelivering, triedOf } from '../support/webhooks.js';

const TIMEOUT_MS = 180_000;
const PATH = '/operator/webhooks';
const passwordOf = (role: string) => `${role}-password`;
const clients = new Map<string, DigestClient>();
let delivering: Delivering;
let server: TestServer;
let receiver: Receiver;
beforeAll(async () => {
  delivering = await startDelivering({ SPPP_WEBHOOKS_PER_ORGANIZATION: '3' });
  ({ server, receiver } = delivering);
  for (const username of [...operatorRoles, 'ssp1']) {
    clients.set(
      username,
      new DigestClient({ username, password: username === 'ssp1' ? username : passwordOf(username) }),
    );
  }
  for (const role of operatorRoles) {
    await addOperator(server.deps.database.prisma, { username: role, role, ...secretsOf(role, passwordOf(role)) });
  }
}, TIMEOUT_MS);
afterEach(() => server.sql('DELETE FROM sppp.webhook; DELETE FROM sppp.operator_request'));
afterAll(() => delivering?.close());

const ask = (method: string, path: string, body?: unknown, as = 'administrator') =>
  sendJson(clients.get(as) as DigestClient, server.url + path, method, body);

/** All that changes something, of a webhook and an event. */
const changes = (id: number, event: number) =>
  [
    ['POST', `${PATH}/${id}/test`, undefined, 202],
    ['POST', `${PATH}/${id}/rotate`, undefined, 200],
    ['POST', `${PATH}/${id}/enable`, undefined, 200],
    ['POST', `${PATH}/${id}/deliveries/${event}/redeliver`, undefined, 202],
    ['POST', PATH, { url: receiver.url }, 201],
    ['DELETE', `${PATH}/${id}`, undefined, 204],
  ] as const;

/** All that shows something. */
const views = (id: number) => [PATH, `${PATH}/${id}`, `${PATH}/${id}/deliveries`];

/** Everything that a request could change. */
const stored = () =>
  server.sql(
    `SELECT (SELECT jsonb_agg(w ORDER BY id) FROM sppp.webhook w) AS webhooks,
            (SELECT count(*)::int FROM sppp.event) AS events, (SELECT count(*)::int FROM sppp.webhook_delivery) AS deliveries`,
  );

const recorded = () =>
  server.sql<{ username: string; role: string; method: string; target: string }>(
    `SELECT c.username, r.role, r.method, r.target
       FROM sppp.operator_request r JOIN sppp.credential c ON c.id = r.credential_id ORDER BY r.id`,
  );

it.each(operatorRoles)('the role %s', { timeout: TIMEOUT_MS }, async (role) => {
  const mayChange = role === 'administrator';
  const { id } = await makeWebhook(server, null, receiver.url, ['sppp.webhook.*']);
  const [event = 0] = await publishFor(server, [{ organization: null }]);
  for (const path of views(id)) expect([path, (await ask('GET', path, undefined, role)).status]).toEqual([path, 200]);
  const before = await stored();
  const asked = changes(id, event);
  for (const [method, path, body, done] of asked) {
    const { status, body: said } = await ask(method, path, body, role);
    expect([method, path, status]).toEqual([method, path, mayChange ? done : 403]);
    if (!mayChange) expect(said).toBe(`The role ${role} may not change Webhook.\n`);
  }
  if (!mayChange) expect(await stored()).toEqual(before);
  // What is refused is counted, not recorded.
  const expected = [...views(id).map((path) => ['GET', path]), ...(mayChange ? asked : [])];
  expect(await recorded()).toEqual(expected.map(([method, target]) => ({ username: role, role, method, target })));
});

it('a registrar and a stranger are refused', async () => {
  const { id } = await makeWebhook(server, null, receiver.url);
  const before = await stored();
  const all = [...views(id).map((path) => ['GET', path, undefined] as const), ...changes(id, 1)];
  for (const [method, path, body] of all) {
    const { status, body: said } = await ask(method, path, body, 'ssp1');
    expect([status, said]).toEqual([403, "This login is a registrar's; this resource is for operators.\n"]);
    expect((await send(server.url + path, { method })).status).toBe(401);
  }
  expect(await stored()).toEqual(before);
  expect(await recorded()).toEqual([]);
});

it('a life: made, tested, told what is for operators, given a new secret, disabled and removed', {
  timeout: TIMEOUT_MS,
}, async () => {
  const early = await publishFor(server, [{ organization: null, subject: 'early' }]);
  const { status, headers, body } = await ask('POST', PATH, { url: receiver.url });
  const { id, secret, ...made } = body;
  expect([status, headers.location, headers['cache-control']]).toEqual([201, `${PATH}/${id}`, 'no-store']);
  expect(made).toEqual({
    ...{ url: receiver.url, types: null, createdAt: expect.any(String), formerSecretUntil: null },
    ...{ failingSince: null, disabledAt: null, disabledBecause: null },
  });
  expect((await ask('GET', PATH)).body).toEqual({ webhooks: [{ id, ...made }] });

  const { event: test } = (await ask('POST', `${PATH}/${id}/test`)).body;
  await triedOf(server, { id });
  const [alert] = await publishFor(server, [
    { organization: null, type: 'sppp.webhook.disabled.v1', subject: 'alert' },
    { organization: 'iana-en:225' },
  ]);
  expect((await ask('POST', `${PATH}/${id}/deliveries/${early[0]}/redeliver`)).status).toBe(202);
  await triedOf(server, { id });
  const deliveries = (await ask('GET', `${PATH}/${id}/deliveries`)).body.deliveries;
  expect(deliveries).toMatchObject(
    [alert, test, early[0]].map((event) => ({ event, state: 'delivered', attempts: 1, httpStatus: 204 })),
  );
  expect((await ask('GET', `${PATH}/${id}/deliveries?before=${alert}`)).body.deliveries).toHaveLength(2);
  const received = receiver.received.filter((each) => String(each.headers['webhook-id']).endsWith(`_${id}`));
  for (const { body: text, headers: signed } of received) {
    new Verifier(secret).verify(text, signed as Record<string, string>);
  }
  expect(received.map(({ body: text }) => JSON.parse(text).subject).sort()).toEqual([
    'alert',
    'early',
    `webhook:${id}`,
  ]);

  const rotated = await ask('POST', `${PATH}/${id}/rotate?overlap=48`);
  expect(rotated.body.secret).not.toBe(secret);
  expect((await ask('POST', `${PATH}/${id}/rotate`)).status).toBe(409);
  await server.sql(`SELECT sppp.disable_webhook($1, 'of a test')`, [id]);
  expect((await ask('POST', `${PATH}/${id}/test`)).status).toBe(409);
  expect((await ask('POST', `${PATH}/${id}/enable`)).body).toMatchObject({ id, disabledAt: null });
  expect((await ask('DELETE', `${PATH}/${id}`)).status).toBe(204);
  expect((await ask('GET', `${PATH}/${id}`)).status).toBe(404);
});

it('those of organizations are like unknown ones, and the other way round', async () => {
  const { id: others } = await makeWebhook(server, 'iana-en:111', receiver.url);
  const { id: operators } = await makeWebhook(server, null, receiver.url);
  const before = await stored();
  const paths = [
    ['GET', ''],
    ['GET', '/deliveries'],
    ['DELETE', ''],
    ['POST', '/rotate'],
    ['POST', '/enable'],
    ['POST', '/test'],
    ['POST', '/deliveries/1/redeliver'],
  ] as const;
  for (const [method, path] of paths) {
    const asked = [
      await ask(method, `${PATH}/${others}${path}`),
      await ask(method, `${PATH}/999999${path}`),
      await ask(method, `/webhooks/${operators}${path}`, undefined, 'ssp1'),
    ];
    for (const { status, body } of asked) expect([status, body]).toEqual([404, 'No such webhook, or no such event.\n']);
  }
  for (const id of ['abc', '0', '-1', '1e3', '9999999999', '%00']) {
    expect([id, (await ask('GET', `${PATH}/${id}`)).status]).toEqual([id, 404]);
  }
  expect(await stored()).toEqual(before);
  const listed = [await ask('GET', PATH), await ask('GET', '/webhooks', undefined, 'ssp1')];
  expect(listed.map(({ body }) => body.webhooks.map(({ id }: { id: number }) => id))).toEqual([[operators], [others]]);
});

it.each([
  ['url', { url: 'http://alerts.example/' }],
  ['url', { url: 'https://169.254.169.254/' }],
  ['url', {}],
  ['types', { url: 'https://alerts.example/', types: ['sppp.nothing.v1'] }],
  ['organization', { url: 'https://alerts.example/', organization: 'iana-en:111' }],
])('a wrong %s is named: %j', async (field, given) => {
  const { status, body } = await ask('POST', PATH, given);
  expect([status, body.field, Object.keys(body)]).toEqual([400, field, ['field', 'value', 'rule']]);
});

it('an unknown parameter is named', async () => {
  const { status, body } = await ask('GET', `${PATH}?for=iana-en:111`);
  expect([status, body]).toEqual([400, { field: 'for', value: 'iana-en:111', rule: 'no parameters' }]);
});

it('no more than there may be, also at once', async () => {
  const asked = await Promise.all(Array.from({ length: 6 }, () => ask('POST', PATH, { url: receiver.url })));
  expect(asked.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409]);
  expect((await ask('POST', PATH, { url: receiver.url })).body).toBe(
    'There are 3 webhooks, as many as there may be.\n',
  );
});

it('is not in the OpenAPI document, as nothing of operators is', async () => {
  const { text } = await send(`${server.url}/openapi.json`);
  expect(Object.keys(JSON.parse(text).paths).filter((path) => path.startsWith('/operator'))).toEqual([]);
});
