import pg from 'pg';
import { Nonces } from '../../src/http/nonce.js';
import { type CountUse, NonceCounts, type NonceCountsLimits } from '../../src/http/nonce-counts.js';
import { NonceSharing } from '../../src/http/nonce-sharing.js';
import { ListeningConnection } from '../../src/registry/connection/listening-connection.js';

/** What of a node issues and counts nonces, without the rest. */
export interface NonceNode {
  readonly pools: { readonly pool: pg.Pool; readonly spare: pg.Pool };
  make(): string;
  use(nonce: string, nc: number): Promise<CountUse>;
  purge(most?: number): Promise<void>;
  /** Stops hearing what others ask for. */
  deafen(): void;
  /** Ends in good order. */
  close(): Promise<void>;
  /** Ends as if its process were killed. */
  kill(): Promise<void>;
}

export interface NonceNodeOptions {
  readonly clock?: () => number;
  readonly limits?: NonceCountsLimits;
  readonly patience?: { readonly answer: number; readonly silence: number };
}

/** A busy machine answers late. */
const longPatience = { answer: 25_000, silence: 0 };

const times = { check: 1500, answer: 2500, trust: 4500, reconnect: 1000, read: 10_000 };

export async function startNonceNode(
  connectionString: string,
  key: Buffer,
  { clock = Date.now, limits, patience = longPatience }: NonceNodeOptions = {},
): Promise<NonceNode> {
  const open = (max: number) => {
    const pool = new pg.Pool({ connectionString, max });
    pool.on('error', () => undefined);
    pool.on('connect', (client) => client.on('error', () => undefined));
    return pool;
  };
  const pools = { pool: open(2), spare: open(1) };
  const nonces = new Nonces(key, clock);
  const sharing = new NonceSharing(pools, nonces.issuer, clock, new NonceCounts(limits), patience);
  const channels = { sppp_authority: () => undefined, ...sharing.channels };
  const listening = new ListeningConnection(pools.pool, channels, () => undefined, times);
  await listening.open();
  return {
    pools,
    make: () => nonces.make(),
    use: async (nonce, nc) => sharing.use(nonce, nc),
    purge: (most) => sharing.purge(most),
    deafen: () => listening.close(),
    close: async () => {
      listening.close();
      await sharing.close();
      await pools.pool.end();
    },
    kill: async () => {
      listening.close();
      await pools.spare.end();
      await pools.pool.end();
    },
  };
}
