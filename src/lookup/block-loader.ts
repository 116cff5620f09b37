import type { ClientBase, Pool } from 'pg';
import { tookTooLong } from '../registry/resolve/resolve.js';
import { type Block, findBlock, findNextBlocks } from '../registry/resolve/route-answers.js';
import type { LookupCache } from './lookup-cache.js';

/** Work between two rests. */
const WORK_MS = 5;

/** A rest as a multiple of the work before it: as such, while look-ups are asked, and where blocks displace others. */
const REST_FACTORS = { usual: 1, asked: 3, displacing: 10 } as const;

export interface BlockLoaderParts {
  readonly pool: Pool;
  readonly cache: LookupCache;
  /** Whether a connection leads to the database that the cache is of. */
  readonly isOwn: (client: ClientBase) => boolean;
  /** How many look-ups have been asked so far. */
  readonly asked: () => number;
}

/**
 * Loads blocks of numbers into the cache, beside the look-ups: on a connection of its own, one block at a time, with rests
 * that leave the processors to the look-ups. A block that look-ups ask for is the next one. Besides, all blocks that have
 * numbers are loaded in their order, once after `begin`, and again after all were dropped; this ends where the cache is full.
 */
export class BlockLoader {
  readonly #parts: BlockLoaderParts;
  #wanted: Block | undefined;
  #next: Block[] = [];
  /** The number behind which further blocks are to be found; undefined: there are none, or they are not to be loaded. */
  #after: string | undefined;
  /** How often the cache had been emptied when the first block was found; undefined until `begin`. */
  #emptied: number | undefined;
  #run: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: BlockLoaderParts) {
    this.#parts = parts;
  }

  /** Whether all blocks have been loaded, or as many as the cache takes. */
  get isDone(): boolean {
    return this.#emptied !== undefined && this.#next.length === 0 && this.#after === undefined;
  }

  /** Plans to load all blocks, from the first on. */
  begin(): void {
    this.#emptied = this.#parts.cache.emptied;
    this.#next = [];
    this.#after = '';
  }

  /** Loads what is planned. Resolves when that is done, or when the database fails; never rejects. */
  run(): Promise<void> {
    this.#run ??= this.#load().finally(() => {
      this.#run = undefined;
    });
    return this.#run;
  }

  /** Loads a block that look-ups ask for; `undefined` if there is none. Goes on with the others after a failure. */
  want(block: Block | undefined): void {
    if (block !== undefined) this.#wanted = block;
    if (this.#emptied !== undefined && this.#emptied !== this.#parts.cache.emptied) this.begin();
    if (this.#run === undefined && !this.#isClosed && this.#hasMore) void this.run();
  }

  close(): void {
    this.#isClosed = true;
  }

  get #hasMore(): boolean {
    const { since } = this.#parts.cache.ticket();
    if (since === undefined) return false; // The cache takes nothing in without a snapshot.
    return this.#wanted !== undefined || this.#next.length > 0 || this.#after !== undefined;
  }

  async #load(): Promise<void> {
    try {
      while (!this.#isClosed && this.#hasMore) {
        const asked = this.#parts.asked();
        const since = performance.now();
        while (this.#hasMore && performance.now() - since < WORK_MS) await this.#loadNext();
        const rest = this.#parts.cache.isFull
          ? REST_FACTORS.displacing
          : asked === this.#parts.asked()
            ? REST_FACTORS.usual
            : REST_FACTORS.asked;
        await pause((performance.now() - since) * rest);
      }
    } catch {
      // Without its block a number is asked for one by one. The next look-up that asks for a block makes this go on.
    }
  }

  async #loadNext(): Promise<void> {
    const { cache } = this.#parts;
    const block = this.#wanted ?? (cache.isFull ? undefined : this.#next.pop());
    this.#wanted = undefined;
    if (block !== undefined) {
      if (!cache.hasBlock(block)) await this.#loadBlock(block);
      return;
    }
    this.#next = [];
    if (cache.isFull) this.#after = undefined;
    if (this.#after !== undefined) await this.#findNext(this.#after);
  }

  async #findNext(after: string): Promise<void> {
    const { blocks, last } = await this.#use((client) => findNextBlocks(client, after));
    if (this.#after !== after) return; // All begins anew.
    this.#next = [...blocks].reverse();
    this.#after = last;
  }

  async #loadBlock(block: Block): Promise<void> {
    const { cache } = this.#parts;
    const ticket = cache.ticket();
    try {
      cache.cacheBlock(ticket, block, await this.#use((client) => findBlock(client, block)));
    } catch (error) {
      if (!tookTooLong(error)) throw error;
      cache.cacheBlock(cache.ticket(), block, []); // It is not loaded again before it changes.
    }
  }

  async #use<T>(ask: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#parts.pool.connect();
    try {
      if (!this.#parts.isOwn(client)) throw new Error('another database');
      return await ask(client);
    } finally {
      client.release();
    }
  }
}

/** Keeps no process from ending. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
  });
}
