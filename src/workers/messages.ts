import type { AddressInfo } from 'node:net';

/** What a worker is to do, and what the primary has opened for it. */
export interface Assignment {
  readonly command: 'serve' | 'lookups' | 'enum';
  /** Counted from 1. A worker that replaces another has its number. */
  readonly number: number;
  /** How many workers there are to be. */
  readonly workers: number;
  /** Where the primary listens, in the order of the settings. */
  readonly addresses: readonly AddressInfo[];
  readonly databaseUrl: string;
  readonly lookupDatabaseUrl: string | undefined;
  /** When the primary started. */
  readonly nodeStartedAt: Date;
}

/** A worker as operators see it. */
export interface WorkerState {
  readonly number: number;
  readonly pid: number;
  readonly startedAt: Date;
  /** Where its requests run or wait; undefined: it did not say within a second, or has just ended. */
  readonly queues: unknown;
}

/** What the primary asks workers. */
export type Question = 'metrics' | 'queues';

/** Memory that workers share: each tells the others what it has counted. */
export type Topic = 'rates' | 'logins';

export type ToWorker =
  | { readonly kind: 'begin'; readonly assignment: Assignment }
  /** Comes with the connection's socket; `listener` is the index of the address that it came in at. */
  | { readonly kind: 'connection'; readonly id: number; readonly listener: number }
  | { readonly kind: 'ask'; readonly id: number; readonly question: Question }
  | { readonly kind: 'states'; readonly id: number; readonly states: readonly WorkerState[] }
  | { readonly kind: 'news'; readonly topic: Topic; readonly news: unknown }
  /** It gets no further connections: the answer to `leaving`. */
  | { readonly kind: 'left' }
  /** The whole node stops. */
  | { readonly kind: 'stop' };

export type ToPrimary =
  /** It listens to messages. */
  | { readonly kind: 'here' }
  /** It answers requests. */
  | { readonly kind: 'ready' }
  /** It cannot start. */
  | { readonly kind: 'failed'; readonly reason: string }
  /** It takes no further connections, and ends when its requests have. */
  | { readonly kind: 'leaving' }
  /** It has the connection; the primary may forget it. */
  | { readonly kind: 'accepted'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'askStates'; readonly id: number }
  | { readonly kind: 'news'; readonly topic: Topic; readonly news: unknown };
