import type { Key, SedGrpOfferKey } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { RequestRule } from './grammar.js';
import type { HeldText } from './held-text.js';
import type { Flaw, Result } from './result.js';

/** The part of a request before its items. */
export interface Head {
  readonly rule: RequestRule;
  readonly clientTransId?: string;
  readonly minorVer?: string;
  readonly offeredBy: readonly string[];
  readonly offeredTo: readonly string[];
  readonly status?: 'offered' | 'accepted';
}

/** The common part of items: the index in the request from 0, and the first invalid value. */
interface BasicItem {
  readonly index: number;
  readonly flaw?: Flaw;
  /** For how many plain items it counts where memory is bounded, if it has long lists, extensions or faulty texts. */
  readonly weight?: number;
}

export interface AddItem extends BasicItem {
  readonly verb: 'add';
  readonly subject: Obj;
}

export interface DeleteItem extends BasicItem {
  readonly verb: 'delete';
  readonly subject: Key;
}

export interface AcceptItem extends BasicItem {
  readonly verb: 'accept';
  readonly subject: SedGrpOfferKey;
}

export interface RejectItem extends BasicItem {
  readonly verb: 'reject';
  readonly subject: SedGrpOfferKey;
}

export interface GetItem extends BasicItem {
  readonly verb: 'get';
  readonly subject: Key;
}

/** One object or key of a request, with its own verdict (RFC 7878 §7.2). */
export type Item = AddItem | DeleteItem | AcceptItem | RejectItem | GetItem;

/** The result of one item, with its object or key: as sent or, after success, as stored. */
export interface Detail {
  readonly verb: Item['verb'];
  /** Its index in the request, from 0. */
  readonly index: number;
  readonly subject: Item['subject'];
  readonly result: Result;
}

/** The content of an answer besides its overall result. */
export interface ResponseContent {
  readonly details?: readonly Detail[];
  readonly resultObjs?: readonly Obj[];
  /** Details or objects as text, instead of the lists, if there are many. */
  readonly held?: HeldText | undefined;
  /** In the answer to a status request, whatever its result (RFC 7878 §7.2.9). */
  readonly svcMenu?: SvcMenu | undefined;
}

/** The answer to a request, before it becomes XML. */
export interface SpppResponse extends ResponseContent {
  readonly rule: RequestRule;
  readonly clientTransId?: string;
  readonly serverTransId: string;
  readonly overall: Result;
}

/** The server's description of itself (RFC 7878 §7.2.9, RFC 7877 §12 SvcMenuType). */
export interface SvcMenu {
  readonly serverStatus: 'inService' | 'outOfService';
  readonly majMinVersion: readonly string[];
  readonly objURI: readonly string[];
  readonly extURI: readonly string[];
}
