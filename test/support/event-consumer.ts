import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import type { CloudEvent } from '../../src/events/cloud-event.js';
import type { Dice } from './authority-model.js';
import { DigestClient, type Received, type Sent } from './digest-client.js';
import type { MortalRegistry } from './mortal-registry.js';

/** Who reads, and what. */
export interface Consuming {
  readonly username: string;
  readonly consumer: string;
  /** Undefined: of all types. */
  readonly types?: string;
  /** Whether its organization is, or was a moment ago, suspended. */
  readonly isSuspended: () => boolean;
}

const PAUSE_MS = 50;

/** A consumer of events, which goes on after whatever is killed, now from its own position and now from the server's. */
export class EventConsumer {
  /** Each event once, in the order in which they came. */
  readonly events: CloudEvent[] = [];
  /** All up to here is acknowledged, and the server has said so. */
  acked = 0;
  /** How often an event came again that was not acknowledged. */
  repeated = 0;
  readonly #registry: MortalRegistry;
  readonly #dice: Dice;
  readonly #consuming: Consuming;
  readonly #client: DigestClient;
  readonly #known = new Map<number, string>();
  /** All up to here has come. */
  #read = 0;

  constructor(registry: MortalRegistry, dice: Dice, consuming: Consuming) {
    this.#registry = registry;
    this.#dice = dice;
    this.#consuming = consuming;
    const { username } = consuming;
    this.#client = new DigestClient({ username, password: username });
  }

  /** Begins behind a position. */
  async beginAt(position: number): Promise<void> {
    while (this.acked < position) await this.#ack(position);
    this.#read = position;
  }

  /** Reads and acknowledges until it is told to end. */
  async follow(end: AbortSignal): Promise<void> {
    while (!end.aborted) {
      if (!(await this.#readOn())) await delay(PAUSE_MS);
    }
  }

  /** Returns whether a page came. */
  async #readOn(): Promise<boolean> {
    const after = this.#dice.below(3) === 0 ? this.#read : undefined;
    const { consumer, types } = this.#consuming;
    const query = new URLSearchParams({ consumer, wait: '1', limit: String(1 + this.#dice.below(30)) });
    if (types !== undefined) query.set('types', types);
    if (after !== undefined) query.set('after', String(after));
    const page = await this.#ask(`/events?${query}`);
    if (page === undefined) return false;
    const events = JSON.parse(page.text) as CloudEvent[];
    for (const event of events) this.#take(event, after ?? this.acked);
    const next = Number(page.headers['sppp-events-next']);
    this.#read = Math.max(this.#read, next);
    if (events.length === 0 || this.#dice.below(4) > 0) await this.#ack(next);
    return true;
  }

  #take(event: CloudEvent, after: number): void {
    const { consumer } = this.#consuming;
    const position = Number(event.id);
    const text = JSON.stringify(event);
    expect(position, `${consumer}: ${text} comes again behind ${after}`).toBeGreaterThan(after);
    if (position > this.#read) {
      this.events.push(event);
      this.#known.set(position, text);
      this.#read = position;
      return;
    }
    expect(text, `${consumer}: ${text} comes late`).toBe(this.#known.get(position));
    this.repeated += 1;
  }

  async #ack(position: number): Promise<void> {
    const { consumer } = this.#consuming;
    const headers = { 'content-type': 'application/json' };
    const answer = await this.#ask('/events/ack', {
      ...{ method: 'POST', headers, body: JSON.stringify({ consumer, position }) },
    });
    if (answer !== undefined) this.acked = (JSON.parse(answer.text) as { position: number }).position;
  }

  /** Undefined: nobody could answer, or its organization is suspended. */
  async #ask(path: string, sent?: Sent): Promise<Received | undefined> {
    const { received } = await this.#registry.send(this.#client, path, sent);
    if (received === undefined || received.status === 503) return undefined;
    if (received.status === 403 && this.#consuming.isSuspended()) return undefined;
    expect(received.status, `${this.#consuming.username} ${path}: ${received.text}`).toBe(200);
    return received;
  }
}
