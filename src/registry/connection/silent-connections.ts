import type { Socket } from 'node:net';
import type { Pool, PoolClient } from 'pg';
import type { DatabaseHealth } from './database-health.js';
import type { Exchange } from './exchange.js';
import { backendOf } from './session.js';

/** How long a connection may be silent. In milliseconds. */
export interface Patience {
  /** Interval at which the connections of a pool are looked at. */
  readonly interval: number;
  /** Silence after which the database is asked whether it works for a connection. */
  readonly silence: number;
  /** Time without an answer to that, after which the database counts as away. */
  readonly answer: number;
  /** Time that an answer may take beyond the limit of its statement. */
  readonly grace: number;
}

export const usualPatience: Patience = { interval: 1000, silence: 5000, answer: 5000, grace: 2000 };

export interface SilenceRules {
  /** Milliseconds after which PostgreSQL gives up a statement of these connections; 0: never. */
  readonly statementTimeout: number;
  readonly patience: Patience;
  /** Where a silent connection is asked about. Without it, only the limit of its statements counts. */
  readonly database?: Pick<DatabaseHealth, 'backends' | 'endBackend'> | undefined;
  /** Told of each connection that is given up. */
  readonly report: (error: Error) => void;
}

/** Answers in a row that a backend waits for its client, after which that client's connection counts as broken. */
const DOUBTS = 3;

/** Looks of silence after which an idle connection is suspect. */
const SUSPECT = 2;

/** Looks after which an unanswered question is asked again: the connection of the question may be dead as well. */
const ASK_AGAIN = 2;

/** Members of the driver's client that its types leave out. */
interface Driven {
  readonly connection: { readonly stream: Socket };
  /** False while PostgreSQL has something to do. */
  readonly readyForQuery?: boolean;
  readonly _ending: boolean;
  _getActiveQuery(): Partial<Pick<Exchange, 'count'>> | null | undefined;
}

type Client = PoolClient & Driven;

/** What was seen of a connection. Times are counted in looks at it, so that a late look makes none of them longer. */
interface Seen {
  read: number;
  written: number;
  /** Looks since something was read. */
  quiet: number;
  /** Looks since it was found busy; negative if it is idle. */
  busy: number;
  /** Answers in a row that its backend waits. */
  doubts: number;
  /** From so many silent looks on, the database is asked about it. */
  askFrom: number;
}

/**
 * Gives up the connections of a pool that are dead although the system has not noticed: behind a firewall that has forgotten
 * them, a machine that has lost its power or a proxy that has stopped, no packet says that they are over. What waits for
 * them fails as it does when a connection breaks.
 *
 * - A statement has the time that PostgreSQL gives it, and a little more.
 * - A connection that is silent before that is asked about over another one. It is given up if its backend is gone, if that
 *   waits for its client instead of working, or if the database cannot be asked. The backend is ended then: it would hold its
 *   locks as long as nobody tells it.
 * - Idle connections that have been silent for as long as one that was given up go with it.
 *
 * One timer for each pool looks at counters that the driver and the system keep anyway.
 */
export function giveUpSilent(pool: Pool, rules: SilenceRules): void {
  const watch = new SilenceWatch(rules);
  watches.set(pool, watch);
  pool.on('connect', (client) => watch.add(client as Client));
  const timer = setInterval(() => {
    watch.look();
    if (pool.ended && watch.isEmpty) clearInterval(timer);
  }, rules.patience.interval).unref();
}

const watches = new WeakMap<Pool, SilenceWatch>();

/** Gives up the idle connections of a pool that have been silent for some time, as another one was found dead. */
export function giveUpIdle(pool: Pool): void {
  watches.get(pool)?.giveUpIdle(SUSPECT, 'another one is dead');
}

class SilenceWatch {
  readonly #rules: SilenceRules;
  readonly #seen = new Map<Client, Seen>();
  /** Silence after which the database is asked, in looks. */
  readonly #silence: number;
  /** Looks since the first question without an answer. */
  #unanswered = 0;

  constructor(rules: SilenceRules) {
    this.#rules = rules;
    const { silence, interval } = rules.patience;
    this.#silence = Math.ceil(silence / interval);
  }

  get isEmpty(): boolean {
    return this.#seen.size === 0;
  }

  add(client: Client): void {
    this.#seen.set(client, { read: -1, written: 0, quiet: 0, busy: -1, doubts: 0, askFrom: this.#silence });
    client.once('end', () => this.#seen.delete(client));
  }

  look(): void {
    const suspects: Client[] = [];
    for (const [client, seen] of this.#seen) {
      const silent = this.#silentLooks(client, seen);
      if (silent * this.#rules.patience.interval >= this.#limitOf(client)) {
        this.#giveUp(client, 'its statement has taken longer than it may');
      } else if (silent >= seen.askFrom) suspects.push(client);
    }
    this.#suspect(suspects);
  }

  /** For how many looks a busy connection has been silent. */
  #silentLooks(client: Client, seen: Seen): number {
    const { bytesRead } = client.connection.stream;
    const isBusy = client.readyForQuery === false || client._ending;
    seen.quiet = bytesRead === seen.read ? seen.quiet + 1 : 0;
    seen.busy = isBusy ? seen.busy + 1 : -1;
    seen.read = bytesRead;
    const silent = Math.min(seen.quiet, seen.busy);
    if (silent <= 0) [seen.doubts, seen.askFrom] = [0, this.#silence];
    return silent;
  }

  /** Statements of one exchange are answered together; each of them has the whole time. */
  #limitOf(client: Client): number {
    const { statementTimeout, patience } = this.#rules;
    if (client._ending) return patience.silence;
    const count = client._getActiveQuery()?.count ?? 1;
    return statementTimeout === 0 ? Number.POSITIVE_INFINITY : count * statementTimeout + patience.grace;
  }

  #suspect(suspects: readonly Client[]): void {
    const { database, patience } = this.#rules;
    const { interval, answer } = patience;
    if (database === undefined) return;
    if (suspects.length === 0) this.#unanswered = 0;
    else if (this.#unanswered * interval >= answer) {
      this.#unanswered = 0;
      for (const client of suspects) this.#giveUp(client, 'the database cannot be asked about it');
    } else {
      if (this.#unanswered % ASK_AGAIN === 0) void this.#ask(suspects, database);
      this.#unanswered += 1;
    }
  }

  /** Asks about silent connections, once. Never rejects: without an answer a later look asks again. */
  async #ask(suspects: readonly Client[], database: Pick<DatabaseHealth, 'backends'>): Promise<void> {
    const before = suspects.map((client) => client.connection.stream.bytesRead);
    try {
      const works = await database.backends(suspects.map((client) => backendOf(client) ?? ''));
      this.#unanswered = 0;
      for (const [index, client] of suspects.entries()) {
        const isSilent = client.readyForQuery === false && client.connection.stream.bytesRead === before[index];
        const seen = this.#seen.get(client);
        if (isSilent && seen !== undefined && works !== undefined) this.#judge(client, seen, works);
      }
    } catch {
      // The database is away if this lasts.
    }
  }

  #judge(client: Client, seen: Seen, works: ReadonlyMap<string, boolean>): void {
    const isAtWork = works.get(backendOf(client) ?? '');
    if (isAtWork === undefined) {
      this.#giveUp(client, 'PostgreSQL no longer has its backend');
      return;
    }
    // What the system has taken to send may still arrive.
    const { bytesWritten, writableLength } = client.connection.stream;
    const written = bytesWritten - writableLength;
    seen.doubts = isAtWork || written !== seen.written ? 0 : seen.doubts + 1;
    seen.written = written;
    if (isAtWork) seen.askFrom = Math.min(seen.quiet, seen.busy) + this.#silence;
    if (seen.doubts >= DOUBTS) this.#giveUp(client, 'PostgreSQL waits for it, and it for PostgreSQL');
  }

  #giveUp(client: Client, reason: string): void {
    const { quiet = 0 } = this.#seen.get(client) ?? {};
    const isWaitedFor = !client._ending;
    this.#destroy(client, reason);
    this.giveUpIdle(quiet, reason);
    if (isWaitedFor) this.#rules.report(brokenConnection(reason));
  }

  giveUpIdle(quiet: number, reason: string): void {
    for (const [client, seen] of this.#seen) {
      if (client.readyForQuery !== false && seen.quiet >= quiet) this.#destroy(client, reason);
    }
  }

  #destroy(client: Client, reason: string): void {
    this.#seen.delete(client);
    client.connection.stream.destroy(brokenConnection(reason));
    const backend = backendOf(client);
    if (backend !== undefined) {
      // Otherwise it ends when its machine notices.
      this.#rules.database?.endBackend(backend).catch(() => undefined);
    }
  }
}

/** What the system says of a connection that it gives up itself. */
function brokenConnection(reason: string): Error {
  const message = `the connection to the database was given up: ${reason}`;
  return Object.assign(new Error(message), { code: 'ETIMEDOUT', errno: -110, syscall: 'read' });
}
