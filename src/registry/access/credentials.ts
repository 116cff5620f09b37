import type { Pool } from 'pg';
import { ConcurrencyLimit } from '../../scheduling/concurrency-limit.js';
import { inTime, LATE } from '../../scheduling/in-time.js';
import { mayBeUserName } from '../../values/user-name.js';
import { type Channels, ListeningConnection, type ListeningTimes } from '../connection/listening-connection.js';
import type { PrismaClient } from '../prisma-client/client.js';
import type { Credential, KnownCredential } from './credential.js';
import { CredentialCache, type CredentialKey } from './credential-cache.js';
import { type CredentialRow, include, knownOf, validAt } from './credential-row.js';

/** Credentials that are read at once, so that a client that tries user names cannot take all connections. */
const MAX_READS = 2;

const usualTimes: ListeningTimes = { check: 1500, answer: 2500, trust: 4500, reconnect: 1000, read: 10_000 };

/** Without a listening connection: time for which what was read is believed. Less than 5 s with the time to read it. */
const BELIEVED_MS = 2500;

/** What a change of credentials, grants and organizations is reported to. */
const CHANNEL = 'sppp_authority';

export interface CredentialsOptions {
  /** Credentials of each kind in the cache. */
  readonly max?: number;
  readonly times?: ListeningTimes;
  /** What the connection hears besides, for others. */
  readonly channels?: Channels;
  /** What the connection calls itself in the database. */
  readonly program?: string;
}

/**
 * The credentials of registrars and operators. Each node caches them while it listens for changes in the database, and clears
 * the cache at each change. It asks the listening connection at intervals whether it still listens: without an answer it
 * reads the database every time, however long it takes to notice why. A node on a standby, which reports no changes, clears
 * the cache at intervals instead.
 */
export class Credentials {
  readonly #prisma: PrismaClient;
  readonly #cache: CredentialCache<KnownCredential>;
  readonly #reads = new ConcurrencyLimit(MAX_READS);
  /** Counts changes: a credential that was read before a change must not be cached after it. */
  #changes = 0;
  readonly #listening: ListeningConnection;
  readonly #times: ListeningTimes;
  /** Clears the cache at intervals, where nothing reports changes. */
  #forgetting: NodeJS.Timeout | undefined;

  private constructor(prisma: PrismaClient, pool: Pool, options: CredentialsOptions) {
    const { max, times = usualTimes, channels, program } = options;
    this.#prisma = prisma;
    this.#cache = new CredentialCache(max);
    this.#times = times;
    const forget = () => this.#forget();
    this.#listening = new ListeningConnection(pool, { [CHANNEL]: forget, ...channels }, forget, times, program);
  }

  /** Begins to listen; close() ends it. */
  static async open(prisma: PrismaClient, pool: Pool, options: CredentialsOptions = {}): Promise<Credentials> {
    const credentials = new Credentials(prisma, pool, options);
    await credentials.#listening.open();
    return credentials;
  }

  /** Without listening, for a database that is a standby or may become one. */
  static openOnStandby(prisma: PrismaClient, pool: Pool): Credentials {
    const credentials = new Credentials(prisma, pool, {});
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
    clearInterval(this.#forgetting);
    this.#listening.close();
  }

  /** What is cached; undefined without an answer from the listening connection of late. */
  #remembered(key: CredentialKey): KnownCredential | null | undefined {
    return this.#isTrusted ? this.#cache.get(key) : undefined;
  }

  get #isTrusted(): boolean {
    return this.#forgetting !== undefined || this.#listening.isTrusted;
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

  #forget(): void {
    this.#changes += 1;
    this.#cache.clear();
  }
}
