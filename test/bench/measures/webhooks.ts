import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { authority, type ReceivedEvent, type Receiver, startReceiver } from '../../support/webhook-receiver.js';
import { expectCode } from '../carrier.js';
import { count, type Measure, presentOf, roundsOf } from '../measure.js';
import { offer, RAR, request, sedGrp } from '../messages.js';
import { published } from '../outbox.js';
import { quantile, spreadOf } from '../spread.js';
import type { Registry, Served } from '../stand.js';

const WEBHOOKS = 100;
/** Deliveries in a second of the steady part: each event goes to each webhook. */
const RATE = 300;
/** Milliseconds without the last delivery after which one counts as lost. */
const PATIENCE = 120_000;

/** Events of real requests, sent to webhooks that lead to a receiver in this process, over TLS. */
export const webhooks: Measure = {
  name: 'webhooks',
  what: 'deliveries to 100 webhooks: per second after a burst, and from commit to delivery at 300/s',
  async take(stand, options) {
    const folder = await mkdtemp(join(tmpdir(), 'sppp-bench-authority-'));
    const ca = join(folder, 'ca.pem');
    await writeFile(ca, authority.cert);
    const receiver = await startReceiver();
    try {
      const registry = await stand.registry(presentOf(options));
      const served = await registry.serve({ SPPP_WEBHOOK_NETWORKS: '127.0.0.1', SPPP_WEBHOOK_CA: ca });
      await published(registry); // What made the registry is told to nobody.
      await makeWebhooks(registry, receiver.url);
      const [burst, steady] = options.quick ? [10, 3] : [100, (RATE / WEBHOOKS) * 20];
      const rates: number[] = [];
      const [p50, p99]: [number[], number[]] = [[], []];
      for (let round = -1; round < roundsOf(options, 3); round++) {
        const rate = await rateOf(served, receiver, await groups(registry, served, burst));
        const latencies = await latenciesOf(served, receiver, await groups(registry, served, steady));
        await expectNoneLeft(registry);
        if (round < 0) continue; // It only warms up.
        rates.push(rate);
        p50.push(quantile(latencies, 0.5));
        p99.push(quantile(latencies, 0.99));
      }
      await registry.drop();
      return [
        {
          measure: 'webhooks',
          name: `deliveries/s to ${WEBHOOKS} webhooks, ${count(burst * WEBHOOKS)} at once`,
          sides: [{ name: 'deliveries', unit: '/s', spread: spreadOf(rates) }],
          reach: { of: 'side', least: { must: 500 } },
        },
        {
          measure: 'webhooks',
          name: `from commit to delivery, ${RATE}/s to ${WEBHOOKS} webhooks`,
          sides: [
            { name: 'p99', unit: 'ms', spread: spreadOf(p99) },
            { name: 'p50', unit: 'ms', spread: spreadOf(p50) },
          ],
          reach: { of: 'side', most: { must: 1000 } },
        },
      ];
    } finally {
      await receiver.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Webhooks of the registrar: it is told of offers to the peer, as it acts for it. */
async function makeWebhooks({ db }: Registry, url: string): Promise<void> {
  await db.query(
    `INSERT INTO sppp.webhook (organization_id, url, types, secret)
     SELECT o.id, $1 || '/' || n, '{}', $2 FROM sppp.organization o, generate_series(1, $3::int) n WHERE o.org_id = $4`,
    [url, randomBytes(32), WEBHOOKS, RAR],
  );
}

/** Makes SED groups to offer, after all that was there before is removed. Returns their names. */
async function groups(registry: Registry, { carrier }: Served, size: number): Promise<string[]> {
  await registry.reset();
  const names = Array.from({ length: size }, (_, index) => `event_grp_${index}`);
  expectCode(
    await carrier.post(
      request(
        'Batch',
        names.map((name) => sedGrp(name, [], [])),
      ),
    ),
  );
  return names;
}

/** Deliveries per second after one request, until the last one has come. */
async function rateOf({ carrier }: Served, receiver: Receiver, names: readonly string[]): Promise<number> {
  const from = receiver.received.length;
  const since = Date.now();
  expectCode(await carrier.post(request('Batch', names.map(offer))));
  const deliveries = await allOf(receiver, from, names.length);
  return deliveries.length / ((Math.max(...deliveries.map(({ at }) => at)) - since) / 1000);
}

/** Milliseconds from the request that makes an offer to each delivery of its event, in ascending order. */
async function latenciesOf({ carrier }: Served, receiver: Receiver, names: readonly string[]): Promise<number[]> {
  const from = receiver.received.length;
  const since = Date.now();
  const sentAt = new Map<string, number>();
  for (const [index, name] of names.entries()) {
    await delay(Math.max(since + (index * 1000 * WEBHOOKS) / RATE - Date.now(), 0));
    sentAt.set(name, Date.now());
    expectCode(await carrier.post(request('Batch', [offer(name)])));
  }
  const deliveries = await allOf(receiver, from, names.length);
  const latencies = deliveries.map(({ body, at }) => at - (sentAt.get(JSON.parse(body).data.sedGrp) ?? Number.NaN));
  return latencies.sort((a, b) => a - b);
}

/** What has come since a place, each event once for each webhook; waits until all have. */
async function allOf({ received }: Receiver, from: number, events: number): Promise<ReceivedEvent[]> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const byId = new Map(received.slice(from).map((each) => [each.headers['webhook-id'], each]));
    if (byId.size === events * WEBHOOKS) return [...byId.values()];
    if (byId.size > events * WEBHOOKS || performance.now() > until) {
      throw new Error(`${byId.size} deliveries instead of ${events * WEBHOOKS}`);
    }
    await delay(50);
  }
}

async function expectNoneLeft({ db }: Registry): Promise<void> {
  const until = performance.now() + PATIENCE;
  for (;;) {
    const { rows } = await db.query<{ left: number }>(
      `SELECT count(*)::int AS left FROM sppp.webhook_delivery WHERE state <> 'delivered'`,
    );
    const [{ left } = { left: 0 }] = rows;
    if (left === 0) return;
    if (performance.now() > until) throw new Error(`${left} deliveries left`);
    await delay(50);
  }
}
