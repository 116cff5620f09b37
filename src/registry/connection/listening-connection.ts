import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { inTime } from '../../scheduling/in-time.js';
import { isHeldLock } from './advisory-lock.js';
import { giveUpIdle } from './silent-connections.js';

/** How long the listening connection is believed. In milliseconds. */
export interface ListeningTimes {
  /** Interval of the checks of the connection. */
  readonly check: number;
  /** Time for the answer to a check; the connection is replaced then. */
  readonly answer: number;
  /** Time since the last check that was answered, after which it is not believed. */
  readonly trust: number;
  /** Time between two attempts to listen again. */
  readonly reconnect: number;
  /** Time for the database to answer the first check, and to tell what is read. */
  readonly read: number;
}

/**
 * Channels, with what is done about a notice. The connection is checked by the first one, and lets everybody see whether it
 * hears the others (`isHeard`).
 */
export type Channels = Readonly<Record<string, (notice: string) => void>>;

const NAME_PROGRAM = `SELECT set_config('application_name', $1, false)`;

/**
 * One connection that hears the notices of the database. It is asked at intervals whether it still listens, and replaced
 * when it does not answer.
 */
export class ListeningConnection {
  readonly #pool: Pool;
  readonly #channels: Channels;
  readonly #onGap: () => void;
  readonly #times: ListeningTimes;
  readonly #program: string | undefined;
  readonly #check: string;
  #listening: PoolClient | undefined;
  /** When the last check that was answered was sent: what was noticed before it has been reported. */
  #reportedUntil = 0;
  #closed = false;

  /**
   * @param onGap called when notices may have been missed
   * @param program what the connection calls itself in the database; undefined: what those of the pool do
   */
  constructor(pool: Pool, channels: Channels, onGap: () => void, times: ListeningTimes, program?: string) {
    this.#pool = pool;
    this.#channels = channels;
    this.#onGap = onGap;
    this.#times = times;
    this.#program = program;
    this.#check = listen(Object.keys(channels)[0] ?? '');
  }

  /** Begins to listen; close() ends it. Rejects if the database cannot be reached, or does not answer. */
  open(): Promise<void> {
    return this.#listen(this.#times.read);
  }

  /** Whether all notices have come of late. */
  get isTrusted(): boolean {
    return this.#listening !== undefined && performance.now() - this.#reportedUntil < this.#times.trust;
  }

  close(): void {
    this.#closed = true;
    this.#listening?.release(true);
    this.#listening = undefined;
  }

  /** @param limit milliseconds for the first answer of the connection */
  async #listen(limit: number): Promise<void> {
    const client = await this.#pool.connect();
    client.on('notification', ({ channel, payload = '' }) => this.#channels[channel]?.(payload));
    client.on('error', () => {
      if (this.#listening !== client) return;
      this.#listening = undefined;
      this.#onGap();
      client.release(true);
      void this.#listenAgain();
    });
    if (!(await this.#isListening(client, limit)) || !(await this.#hearsOthers(client, limit))) {
      client.release(true);
      throw new Error('the database does not answer a connection that is to listen');
    }
    if (this.#closed) return client.release(true);
    this.#listening = client;
    this.#onGap();
    void this.#keepChecking(client);
  }

  async #hearsOthers(client: PoolClient, limit: number): Promise<boolean> {
    const [, ...others] = Object.keys(this.#channels);
    const listens = async () => {
      if (this.#program !== undefined) await client.query(NAME_PROGRAM, [this.#program]);
      for (const channel of others) {
        await client.query(listen(channel));
        await client.query(`SELECT pg_advisory_lock_shared(${lockOf('$1')})`, [channel]);
      }
      return true;
    };
    const answer = await inTime(
      listens().catch(() => false),
      limit,
    );
    return answer === true;
  }

  /** Asks the connection to listen, once more perhaps. What PostgreSQL has to report comes before its answer. */
  async #isListening(client: PoolClient, limit: number): Promise<boolean> {
    const asked = performance.now();
    const answer = await inTime(
      client.query(this.#check).then(
        () => true,
        () => false,
      ),
      limit,
    );
    if (answer !== true) return false;
    this.#reportedUntil = asked;
    return true;
  }

  /** Replaces the connection if it no longer answers: a firewall can drop a connection without either end noticing. */
  async #keepChecking(client: PoolClient): Promise<void> {
    for (;;) {
      await delay(this.#times.check, undefined, { ref: false });
      if (this.#listening !== client) return;
      const isAlive = await this.#isListening(client, this.#times.answer);
      if (isAlive || this.#listening !== client) continue;
      client.emit('error', new Error('no answer'));
      giveUpIdle(this.#pool); // What is asked now is to be asked over connections that work.
    }
  }

  async #listenAgain(): Promise<void> {
    while (!this.#closed && this.#listening === undefined) {
      await delay(this.#times.reconnect, undefined, { ref: false });
      await this.#listen(this.#times.answer).catch(() => undefined); // Until then nothing is believed.
    }
  }
}

/** SQL: whether somebody hears a channel, which is an expression. */
export function isHeard(channel: string): string {
  return `EXISTS (SELECT FROM pg_locks l WHERE ${isHeldLock(lockOf(channel))})`;
}

/** SQL: the key of the advisory lock that stands for a name, which is an expression. */
export function lockOf(channel: string): string {
  return `hashtextextended(${channel}, 0)`;
}

function listen(channel: string): string {
  return /^[a-z_]+$/.test(channel) ? `LISTEN ${channel}` : `LISTEN "${channel}"`;
}
