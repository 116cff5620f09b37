import { setTimeout as delay } from 'node:timers/promises';
import type { Pool, PoolClient } from 'pg';
import type { PrismaClient } from './prisma-client/client.js';

/** A registrar's credential with what it may act for. */
export interface Credential {
  readonly id: number;
  readonly username: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  readonly registrarId: number;
  readonly registrar: string;
  /** Registrants granted to the registrar: organization id to row id. */
  readonly grants: ReadonlyMap<string, number>;
}

interface Known extends Credential {
  readonly validFrom: Date;
  readonly validUntil: Date | null;
}

/** Credentials remembered at once, names that do not exist included. */
const MOST_KNOWN = 10_000;

const RECONNECT_MS = 1000;

/**
 * The registrars' credentials. They are remembered only while the database can tell of changes: each server listens to
 * it, and forgets all at the first word; without a connection it asks every time.
 */
export class Credentials {
  readonly #prisma: PrismaClient;
  readonly #pool: Pool;
  #known = new Map<string, Known | undefined>();
  /** What is read before a change must not be remembered after it. */
  #changes = 0;
  #listening: PoolClient | undefined;
  #closed = false;

  private constructor(prisma: PrismaClient, pool: Pool) {
    this.#prisma = prisma;
    this.#pool = pool;
  }

  /** Begins to listen; close() ends it. */
  static async open(prisma: PrismaClient, pool: Pool): Promise<Credentials> {
    const credentials = new Credentials(prisma, pool);
    await credentials.#listen();
    return credentials;
  }

  /** The credential of this user name, if it is valid at that time. */
  async find(username: string, at: Date): Promise<Credential | undefined> {
    const found = this.#known.has(username) ? this.#known.get(username) : await this.#read(username);
    if (found === undefined || at < found.validFrom) return undefined;
    return found.validUntil === null || at < found.validUntil ? found : undefined;
  }

  close(): void {
    this.#closed = true;
    this.#listening?.release(true);
    this.#listening = undefined;
  }

  async #read(username: string): Promise<Known | undefined> {
    const before = this.#changes;
    const row = await this.#prisma.credential.findFirst({
      where: { username, revokedAt: null },
      include: { registrar: { include: { grantsAsRegistrar: { include: { registrant: true } } } } },
    });
    const found = row === null ? undefined : knownOf(row);
    if (this.#listening !== undefined && before === this.#changes && this.#known.size < MOST_KNOWN) {
      this.#known.set(username, found);
    }
    return found;
  }

  async #listen(): Promise<void> {
    const client = await this.#pool.connect();
    client.on('notification', () => this.#forget());
    client.on('error', () => {
      if (this.#listening !== client) return;
      this.#listening = undefined;
      this.#forget();
      client.release(true);
      void this.#listenAgain();
    });
    await client.query('LISTEN sppp_authority');
    this.#listening = client;
    this.#forget();
  }

  async #listenAgain(): Promise<void> {
    while (!this.#closed && this.#listening === undefined) {
      await delay(RECONNECT_MS, undefined, { ref: false });
      await this.#listen().catch(() => undefined); // Until then every request asks the database itself.
    }
  }

  #forget(): void {
    this.#changes += 1;
    this.#known = new Map();
  }
}

interface Row {
  readonly id: number;
  readonly username: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  readonly registrarId: number;
  readonly validFrom: Date;
  readonly validUntil: Date | null;
  readonly registrar: {
    readonly orgId: string;
    readonly grantsAsRegistrar: readonly { readonly registrant: { readonly orgId: string; readonly id: number } }[];
  };
}

function knownOf({ registrar, ...row }: Row): Known {
  const grants = registrar.grantsAsRegistrar.map(({ registrant }) => [registrant.orgId, registrant.id] as const);
  return { ...row, registrar: registrar.orgId, grants: new Map(grants) };
}
