import type { Pool } from 'pg';
import { cloudEvent } from '../events/cloud-event.js';
import { type Due, type EndedAttempt, endAttempts, readDue } from '../registry/webhooks/deliveries.js';
import { seeTo } from '../registry/webhooks/webhooks.js';
import { ConcurrencyLimit } from '../scheduling/concurrency-limit.js';
import { PATIENCE_HOURS, pauseAfter, restAfter } from './retries.js';
import type { Answered, Sender } from './sender.js';
import { signed } from './signature.js';

/** Deliveries in one job: their results are written together. */
const TURN = 64;

/** Requests to one webhook at a time. */
const AT_ONCE = 4;

/** Milliseconds after which nothing more is begun in a job. With the longest request it ends well before `LONGEST_JOB_SECONDS`. */
const BEGIN_MS = 10_000;

export interface Delivering {
  readonly pool: Pool;
  readonly sender: Sender;
  /** Identity of the registry. */
  readonly registry: string;
  readonly clock: () => Date;
  /** Whether the node stops: nothing more is begun. */
  readonly isStopping: () => boolean;
}

/**
 * What is done for one webhook in a job: sends what is due, one turn of it. What is due after that is for another job, behind those
 * of other webhooks: one to which there is always something to send would keep its place from them.
 */
export async function deliverDue(delivering: Delivering, webhook: number): Promise<void> {
  const due = await readDue(delivering.pool, webhook, TURN);
  if (due === undefined) return;
  const { url, secrets, unanswered } = due;
  const until = performance.now() + BEGIN_MS;
  const mayBegin = () => performance.now() < until && !delivering.isStopping();
  const ended: Ended[] = [];
  const limit = new ConcurrencyLimit(AT_ONCE);
  const isAnswered = () => ended.every(({ status }) => status !== undefined);
  const send = async (delivery: Due) => {
    // What nobody answers delays no other webhook: the rest waits until this one has rested.
    if (mayBegin() && isAnswered()) ended.push(await attempt(delivering, webhook, url, secrets, delivery));
  };
  await Promise.all(bySubject(due.deliveries).map((chain) => limit.run(() => oneByOne(chain, send))));
  if (ended.length === 0) return seeTo(delivering.pool, webhook);
  await endAttempts(delivering.pool, webhook, {
    attempts: ended.map(({ status: _status, ...attempt }) => attempt),
    rest: isAnswered() ? null : restAfter(unanswered + 1),
    disabledBecause: ended.some(({ status }) => status === 410) ? 'it answered 410 Gone' : null,
    patienceHours: PATIENCE_HOURS,
  });
}

interface Ended extends EndedAttempt {
  readonly status: number | undefined;
}

async function attempt(
  { sender, registry, clock }: Delivering,
  webhook: number,
  url: string,
  secrets: readonly Buffer[],
  { event, attempts }: Due,
): Promise<Ended> {
  const message = { id: `evt_${event.position}_${webhook}`, body: JSON.stringify(cloudEvent(event, registry)) };
  const headers = { 'content-type': 'application/cloudevents+json; charset=utf-8', 'user-agent': 'sppp-server' };
  const answered = await sender.send(url, { ...headers, ...signed(message, secrets, clock()) }, message.body);
  const { status, text, milliseconds } = answered;
  const failure = failureOf(answered);
  const pause = failure === undefined || status === 410 ? undefined : pauseAfter(attempts + 1);
  return {
    ...{ position: Number(event.position), status, milliseconds, httpStatus: status ?? null, answer: text ?? null },
    state: failure === undefined ? 'delivered' : pause === undefined ? 'failed' : 'waiting',
    dueIn: pause ?? 0,
    failure: failure ?? null,
  };
}

function failureOf({ status, failure }: Answered): string | undefined {
  if (status === undefined) return failure ?? 'no answer';
  if (status >= 200 && status < 300) return undefined;
  return status >= 300 && status < 400 ? `HTTP ${status}: redirects are not followed` : `HTTP ${status}`;
}

/** Events of one subject follow each other. */
function bySubject(deliveries: readonly Due[]): readonly (readonly Due[])[] {
  const chains = new Map<string, Due[]>();
  for (const delivery of deliveries) {
    const { subject } = delivery.event;
    chains.set(subject, [...(chains.get(subject) ?? []), delivery]);
  }
  return [...chains.values()];
}

async function oneByOne(chain: readonly Due[], send: (delivery: Due) => Promise<void>): Promise<void> {
  for (const delivery of chain) await send(delivery);
}
