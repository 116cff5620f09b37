import type { Key } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { ChangeVerb } from './change-item.js';

/** What the registry says about one object or key of a request (RFC 7878 §7.2.5.2). */
export interface Verdict {
  /** Its place in the request, from 0; in a bulk part, its place among all items. Undefined if the server does not tell. */
  readonly index: number | undefined;
  readonly verb: ChangeVerb | 'get';
  /** 1000, or one of 2101, 2102, 2103. */
  readonly code: number;
  /** The element at fault and its value as it was sent. */
  readonly attribute?: string;
  readonly value?: string;
  /** The reason for people, where the server gives one. */
  readonly reason?: string;
  /** The whole text of the server. */
  readonly message: string;
  /** The object or key: as it was sent, where it could be found, else as the answer has it. */
  readonly object: Obj | Key;
}

/** What became of a request that changes objects. */
export interface Outcome {
  /** The overall code: 1000, or 2100 if objects failed and the mode is atomic. */
  readonly code: number;
  readonly message: string;
  readonly clientTransId?: string;
  readonly serverTransId?: string;
  /** Objects that are carried out and stay; that would be carried out, in the mode `validate`. */
  readonly applied: number;
  /** The objects that failed, and the carrier-of-record claims that hold (1000), in the order of the request. */
  readonly verdicts: readonly Verdict[];
  /**
   * The places of carrier-of-record claims that are carried out, but of which it is not told whether they hold, because the answer
   * was lost: the journal keeps failures only. `get` tells.
   */
  readonly unknownClaims?: readonly number[];
  /** Whether the server told the place of each object that failed. */
  readonly isIndexed: boolean;
}

/** The answer to a query (RFC 7878 §7.2.6, §7.2.7). */
export interface Found {
  readonly code: number;
  readonly message: string;
  readonly objects: readonly Obj[];
  /** The keys that were refused, in the order of the request. */
  readonly verdicts: readonly Verdict[];
}

/** What a server says about itself (RFC 7878 §7.2.9). */
export interface ServerState {
  readonly code: number;
  readonly message: string;
  readonly serverStatus: 'inService' | 'outOfService';
  readonly majMinVersion: readonly string[];
  readonly objURI: readonly string[];
  readonly extURI: readonly string[];
}
