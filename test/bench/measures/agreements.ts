import { expectCode } from '../carrier.js';
import { runToEnd } from '../child.js';
import type { Figure } from '../figure.js';
import { bulkOf, count, type Measure, presentOf, roundsOf } from '../measure.js';
import { acceptance, offer, PEER, RANT, request, sedGrp } from '../messages.js';
import { figureOfEvents, published, withAndWithoutEvents } from '../outbox.js';
import { seconds } from '../rounds.js';
import { type Registry, type Served, SPPP } from '../stand.js';

/** Offers that one request has accepted: because it says so, or because a standing agreement covers them. */
export const agreements: Measure = {
  name: 'agreements',
  what: 'offers accepted by one request, by accept or by a standing agreement ÷ without events',
  async take(stand, options) {
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve();
    const names = Array.from({ length: bulkOf(options) / 10 }, (_, index) => `EVENT_GRP_${index}`);
    const rounds = roundsOf(options, 5);
    const figures = [
      await byAccept(registry, served, names, rounds),
      await byAgreement(registry, served, names, rounds),
    ];
    await registry.drop();
    return figures;
  },
};

/** An event for each: the registrant is told. */
async function byAccept(registry: Registry, served: Served, names: readonly string[], rounds: number): Promise<Figure> {
  const cause = { table: 'sed_group_offer', trigger: 'events_update' } as const;
  const sides = await withAndWithoutEvents(registry, cause, names.length, rounds, async () => {
    await send(served, names.map(emptyGroup));
    await send(served, names.map(offer));
    return timeOf(registry, served, names, acceptance);
  });
  return figureOfEvents('agreements', `accept of ${count(names.length)} offers`, sides, 1.5);
}

/** Three events for each: the recipient is told that it is made, and both that it is accepted. */
async function byAgreement(
  registry: Registry,
  served: Served,
  names: readonly string[],
  rounds: number,
): Promise<Figure> {
  await runToEnd(SPPP, ['agreement', 'add', PEER, RANT, '--on-behalf-of', 'bench'], { DATABASE_URL: registry.url });
  const cause = { table: 'sed_group_offer', trigger: 'events_insert' } as const;
  const sides = await withAndWithoutEvents(registry, cause, 3 * names.length, rounds, async () => {
    await send(served, names.map(emptyGroup));
    return timeOf(registry, served, names, offer);
  });
  const name = `add of ${count(names.length)} offers that a standing agreement accepts`;
  return figureOfEvents('agreements', name, sides, 1.5);
}

/** Seconds of the request after which all are accepted. Begins with an empty outbox, and removes everything after it. */
async function timeOf(
  registry: Registry,
  served: Served,
  names: readonly string[],
  item: (name: string) => string,
): Promise<number> {
  await published(registry);
  const time = await seconds(() => send(served, names.map(item)));
  const { rows } = await registry.db.query<{ accepted: number }>(
    `SELECT count(*)::int AS accepted FROM sppp.sed_group_offer WHERE status = 'accepted'`,
  );
  if (rows[0]?.accepted !== names.length) throw new Error(`${rows[0]?.accepted} of ${names.length} offers accepted`);
  await registry.reset();
  return time;
}

async function send({ carrier }: Served, items: readonly string[]): Promise<void> {
  expectCode(await carrier.post(request('Batch', items)));
}

function emptyGroup(name: string): string {
  return sedGrp(name, [], []);
}
