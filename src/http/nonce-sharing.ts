import { LRUCache } from 'lru-cache';
import type { Pool } from 'pg';
import {
  type Claim,
  channelOf,
  claimNonce,
  countUses,
  endHolder,
  giveNonces,
  type NonceGift,
  type OneUse,
  purgeNonces,
  type UseInDatabase,
} from '../registry/access/shared-nonces.js';
import { Batches } from '../scheduling/batches.js';
import { inTime } from '../scheduling/in-time.js';
import { answersOnlyLookups, idOf, issuerOf, lowestId } from './nonce.js';
import { type CountUse, NonceCounts } from './nonce-counts.js';

/** In milliseconds. */
interface Patience {
  /** Time for a node to answer a notice. */
  readonly answer: number;
  /** Time for which one that has not answered counts as gone. */
  readonly silence: number;
}

const usualPatience: Patience = { answer: 3000, silence: 10_000 };

/** Nodes in memory that have not answered. */
const MAX_SILENT = 1000;

/** Uses of one statement. */
const MAX_USES = 256;

/** Attempts to claim a nonce that somebody else claims at the same time. */
const ATTEMPTS = 3;

/** The age at which a nonce is stale on every node, whatever its clock; one of this age is not deleted. In milliseconds. */
const STALE_MS = 9 * 60 * 60 * 1000;
const YOUNG_MS = 10 * 60 * 1000;

/**
 * The nonce counts of all nodes. At any moment one of them alone counts a nonce, without asking anybody: first the one that
 * issued it. When another node receives a request with it, that node sends a notice to the holder, which writes what was
 * used into the database, and from then on every node has the database count the uses. A holder that ends writes down all
 * that it has; who receives such a nonce next takes it. So a replay is known wherever it arrives, also after a restart.
 * Where nobody is left who knows the counts, because a node was killed or the database has crashed, the nonce is stale.
 */
export class NonceSharing {
  readonly #pool: Pool;
  readonly #spare: Pool;
  readonly #own: string;
  readonly #clock: () => number;
  readonly #counts: NonceCounts;
  readonly #patience: Patience;
  readonly #uses: Batches<OneUse, UseInDatabase>;
  readonly #gifts: Batches<NonceGift, undefined>;
  /** Nonces that are being claimed. */
  readonly #claims = new Map<string, Promise<boolean>>();
  /** Called when a nonce was given. */
  readonly #awaited = new Map<string, () => void>();
  /** Nodes that have not answered, until when they are not asked. */
  readonly #silent = new LRUCache<string, number>({ max: MAX_SILENT });
  #isClosed = false;

  /**
   * @param pools `pool` of the registry, and `spare` for what requests wait for; close() ends that one
   * @param own the issuer of this node's nonces
   * @param patience for tests
   */
  constructor(
    { pool, spare }: { readonly pool: Pool; readonly spare: Pool },
    own: string,
    clock: () => number,
    counts = new NonceCounts(),
    patience = usualPatience,
  ) {
    this.#pool = pool;
    this.#spare = spare;
    this.#own = own;
    this.#clock = clock;
    this.#counts = counts;
    this.#patience = patience;
    this.#uses = new Batches((uses) => countUses(spare, uses), MAX_USES);
    this.#gifts = new Batches(async (gifts) => {
      await giveNonces(spare, own, gifts);
      return gifts.map(() => undefined);
    }, MAX_USES);
  }

  /** What a listening connection has to hear for this node, and who is told. */
  get channels(): Readonly<Record<string, (notice: string) => void>> {
    return { [channelOf(this.#own)]: (notice) => this.#noticed(notice) };
  }

  /**
   * Marks a count as used; at once if this node alone counts the nonce. Rejects with the error of the database if that is
   * needed and away.
   */
  use(nonce: string, nc: number): CountUse | Promise<CountUse> {
    if (this.#isClosed) return 'forgotten';
    const by = this.#counts.countedBy(nonce);
    if (by === 'node' || (by === undefined && issuerOf(nonce) === this.#own)) return this.#counts.use(nonce, nc);
    return by === undefined ? this.#claimAndUse(nonce, nc) : this.#useShared(nonce, nc);
  }

  /** Deletes the nonces that are stale, and the oldest of too many. */
  async purge(most?: number): Promise<void> {
    const now = this.#clock();
    const [before, young] = [lowestId(now - STALE_MS), lowestId(now - YOUNG_MS)];
    await purgeNonces(this.#pool, { before, young, at: new Date(now - STALE_MS) }, most);
  }

  /** Writes down what this node has counted, for the others and for its next start, and counts no more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    try {
      await Promise.allSettled(this.#claims.values());
      const held = [...this.#counts.all()].map(([nonce, used]) => ({ id: idOf(nonce), used }));
      const unusedFrom = lowestId(this.#counts.forgottenTo + 1);
      await endHolder(this.#pool, this.#own, { held, unusedFrom, at: new Date(this.#clock()) });
    } finally {
      await this.#spare.end();
    }
  }

  async #claimAndUse(nonce: string, nc: number): Promise<CountUse> {
    let claim = this.#claims.get(nonce);
    if (claim === undefined) {
      claim = this.#claim(nonce).finally(() => this.#claims.delete(nonce));
      this.#claims.set(nonce, claim);
    }
    if (!(await claim) || this.#isClosed) return 'forgotten';
    // It may have been given in the meantime, to a third node.
    return this.#counts.countedBy(nonce) === 'node' ? this.#counts.use(nonce, nc) : this.#useShared(nonce, nc);
  }

  async #useShared(nonce: string, nc: number): Promise<CountUse> {
    if (this.#counts.countedBy(nonce) === 'giving') await this.#give(nonce, this.#own);
    const use = await this.#uses.add({ id: idOf(nonce), nc });
    return use === 'lost' ? 'forgotten' : use;
  }

  /** Takes a nonce of others, or finds that the database counts it. Returns false if nobody knows its counts. */
  async #claim(nonce: string): Promise<boolean> {
    const given = new Promise<true>((resolve) => this.#awaited.set(nonce, () => resolve(true)));
    try {
      let hasWaited = false;
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const claimed = await this.#claimOnce(nonce);
        if (claimed.state === 'held') this.#counts.take(nonce, claimed.used);
        if (claimed.state === 'shared') this.#counts.given(nonce);
        if (claimed.state !== 'elsewhere') return true;

        const { holder, hasEnded, wasAsked } = claimed;
        if (hasEnded) continue;
        if (!wasAsked || (this.#silent.get(holder) ?? 0) > performance.now()) return false;
        if (hasWaited) {
          this.#silent.set(holder, performance.now() + this.#patience.silence);
          return false;
        }
        hasWaited = true;
        if ((await inTime(given, this.#patience.answer)) === true) {
          this.#counts.given(nonce);
          return true;
        }
      }
      return false;
    } finally {
      this.#awaited.delete(nonce);
    }
  }

  #claimOnce(nonce: string): Promise<Claim> {
    const issuer = issuerOf(nonce);
    return claimNonce(this.#spare, {
      ...{ id: idOf(nonce), issuer, holder: this.#own, isFree: answersOnlyLookups(issuer) },
      notice: noticeOf('give', nonce, this.#own),
    });
  }

  #noticed(notice: string): void {
    const [verb, nonce = '', from = ''] = notice.split(' ');
    if (verb === 'given') {
      this.#silent.delete(from);
      this.#awaited.get(nonce)?.();
    } else if (!this.#isClosed) {
      this.#give(nonce, from).catch(() => undefined); // Who has asked asks again, with the client's next request.
    }
  }

  /** Has the database count a nonce, and tells who has asked for it. */
  async #give(nonce: string, asker: string): Promise<void> {
    await this.#claims.get(nonce)?.catch(() => undefined);
    const used = this.#counts.give(nonce, issuerOf(nonce) === this.#own);
    const message = noticeOf('given', nonce, this.#own);
    await this.#gifts.add({ id: idOf(nonce), used, channel: channelOf(asker), message });
    this.#counts.given(nonce);
  }
}

function noticeOf(verb: 'give' | 'given', nonce: string, from: string): string {
  return `${verb} ${nonce} ${from}`;
}
