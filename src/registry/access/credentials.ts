import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import { ConcurrencyLimit } from '../../scheduling/concurrency-limit.js';
import { mayBeUserName } from '../../values/user-name.js';
import { giveUpIdle } from '../connection/silent-connections.js';
import type { PrismaClient } from '../prisma-client/client.js';
import type { Credential, KnownCredential } from './credential.js';
import { CredentialCache, type CredentialKey } from './credential-cache.js';
import { type CredentialRow, include, knownOf, validAt } from './credential-row.js';

/** Credentials that are read at once, so that a client that tries user names cannot take all connections. */
const MAX_READS = 2;

/** How long the listening connection is believed. In milliseconds. */
export interface ListeningTimes {
  /** Interval of the checks of the connection. */
  readonly check: number;
  /** Time for the answer to a check; the connection is replaced then. */
  readonly answer: number;
  /** Time since the last check that was answered, after which cached credentials are not used. */
  readonly trust: number;
  /** Time between two attempts to listen again. */
  readonly reconnect: number;
  /** Time for the database to tell a credential. */
  readonly read: number;
}

const usualTimes: ListeningTimes = { check: 1500, answer: 2500, trust: 4500, reconnect: 1000, read: 10_000 };

/** Without a listening connection: time for which what was read is believed. Less than 5 s with the time to read it. */
const BELIEVED_MS = 2500;

const LISTEN = 'LISTEN sppp_authority';

/**
 * The credentials of registrars and operators. Each node caches them while it listens for changes in the database, and clears
 * the cache at each change. It asks the listening connection at intervals whether it still listens: without an answer it
 * reads the database every time, however long it takes to notice why. A node on a standby, which reports no changes, clears
 * the cache at intervals instead.
 */
export class Credentials {
  readonly #prisma: PrismaClient;
  readonly #pool: Pool;
  readonly #cache: CredentialCache<KnownCredential>;
  readonly #reads = new ConcurrencyLimit(MAX_READS);
  /** Counts changes: a credential that was read before a change must not be cached after it. */
  #changes = 0;
  #listening: PoolClient | undefined;
  /** When the last check that was answered was sent: changes before it have been reported. */
  #reportedUntil = 0;
  readonly #times: ListeningTimes;
  /** Clears the cache at intervals, where nothing reports changes. */
  #forgetting: NodeJS.Timeout | undefined;
  #closed = false;

  private constructor(prisma: PrismaClient, pool: Pool, max: number | undefined, times: ListeningTimes) {
    this.#prisma = prisma;
    this.#pool = pool;
    this.#cache = new CredentialCache(max);
    this.#times = times;
  }

  /** Begins to listen; close() ends it. `max` credentials of each kind are cached. */
  static async open(
    prisma: PrismaClient,
    pool: Pool,
    { max, times = usualTimes }: { readonly max?: number; readonly times?: ListeningTimes } = {},
  ): Promise<Credentials> {
    const credentials = new Credentials(prisma, pool, max, times);
    await credentials.#listen(times.read);
    return credentials;
  }

  /** Without listening, for a database that is a standby or may become one. */
  static openOnStandby(prisma: PrismaClient, pool: Pool): Credentials {
    const credentials = new Credentials(prisma, pool, undefined, usualTimes);
    credentials.#forgetting = setInterval(() => credentials.#forget(), BELIEVED_MS).unref();
    return credentials;
  }

  /** The credential of a user name, if it is valid at that time; at once if it is cached. */
  find(username: string, at: Date): Credential | undefined | Promise<Credential | undefined> {
    if (!mayBeUserName(username)) return undefined;
    const key = { username };
    const cached = this.#remembered(key);
    if (cached !== undefined) return validAt(cached ?? undefined, at);
    const read = () => this.#prisma.credential.findFirst({ where: { username }, include });
    return this.#cached(key, read).then((known) => validAt(known, at));
  }

  /**
   * The credential of a client certificate, if it is valid at that time. A mapping by fingerprint outranks one by subject.
   */
  async findByCertificate(
    { fingerprint, subject }: { readonly fingerprint: string; readonly subject: string },
    at: Date,
  ): Promise<Credential | undefined> {
    const read = async () => {
      const mapped =
        (await this.#prisma.clientCertificate.findUnique({
          where: { fingerprint },
          include: { credential: { include } },
        })) ??
        (await this.#prisma.clientCertificate.findUnique({ where: { subject }, include: { credential: { include } } }));
      return mapped?.credential ?? null;
    };
    return validAt(await this.#cached({ fingerprint }, read), at);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#forgetting);
    this.#listening?.release(true);
    this.#listening = undefined;
  }

  /** What is cached; undefined without an answer from the listening connection of late. */
  #remembered(key: CredentialKey): KnownCredential | null | undefined {
    return this.#isTrusted ? this.#cache.get(key) : undefined;
  }

  get #isTrusted(): boolean {
    if (this.#forgetting !== undefined) return true;
    return this.#listening !== undefined && performance.now() - this.#reportedUntil < this.#times.trust;
  }

  async #cached(key: CredentialKey, read: () => Promise<CredentialRow | null>): Promise<KnownCredential | undefined> {
    const cached = this.#remembered(key);
    if (cached !== undefined) return cached ?? undefined;
    const found = this.#reads.run(async () => {
      // Several requests may have waited for the same credential.
      const meanwhile = this.#remembered(key);
      if (meanwhile !== undefined) return meanwhile;
      const before = this.#changes;
      const row = await read();
      const known = row === null || row.revokedAt !== null ? null : knownOf(row);
      if (this.#isTrusted && before === this.#changes) this.#cache.set(key, known);
      return known;
    });
    const known = await inTime(found, this.#times.read);
    if (known !== LATE) return known ?? undefined;
    throw Object.assign(new Error('timeout exceeded when asking the database for a credential'), { code: 'ETIMEDOUT' });
  }

  /** @param limit milliseconds for the first answer of the connection */
  async #listen(limit: number): Promise<void> {
    const client = await this.#pool.connect();
    client.on('notification', () => this.#forget());
    client.on('error', () => {
      if (this.#listening !== client) return;
      this.#listening = undefined;
      this.#forget();
      client.release(true);
      void this.#listenAgain();
    });
    if (!(await this.#isListening(client, limit))) {
      client.release(true);
      throw new Error('the database does not answer a connection that is to listen');
    }
    if (this.#closed) return client.release(true);
    this.#listening = client;
    this.#forget();
    void this.#keepChecking(client);
  }

  /** Asks the connection to listen, once more perhaps. What PostgreSQL has to report comes before its answer. */
  async #isListening(client: PoolClient, limit: number): Promise<boolean> {
    const asked = performance.now();
    const answer = await inTime(
      client.query(LISTEN).then(
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
      giveUpIdle(this.#pool); // The credentials are to be read over connections that work.
    }
  }

  async #listenAgain(): Promise<void> {
    while (!this.#closed && this.#listening === undefined) {
      await delay(this.#times.reconnect, undefined, { ref: false });
      await this.#listen(this.#times.answer).catch(() => undefined); // Until then every request reads the database.
    }
  }

  #forget(): void {
    this.#changes += 1;
    this.#cache.clear();
  }
}

const LATE = Symbol('late');

/** The value, unless that takes longer than so many milliseconds. */
async function inTime<T>(value: Promise<T>, limit: number): Promise<T | typeof LATE> {
  const settled = new AbortController();
  try {
    return await Promise.race([value, delay(limit, LATE, { ref: false, signal: settled.signal } as const)]);
  } finally {
    settled.abort();
  }
}
