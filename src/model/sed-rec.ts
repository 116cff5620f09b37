import type { RegexParam } from '../values/regex-param.js';
import type { BasicObj, OwnExt } from './basic-obj.js';

/** The common part of SED records (RFC 7877 §6.4). `ttl` is in seconds. */
export interface BasicSedRec extends BasicObj, OwnExt {
  readonly sedName: string;
  readonly sedFunction?: 'routing' | 'lookup';
  readonly isInSvc: boolean;
  readonly ttl?: number;
}

export interface Naptr extends BasicSedRec {
  readonly kind: 'NAPTRType';
  readonly order: number;
  readonly flags?: string;
  readonly svcs: string;
  readonly regx?: RegexParam;
  readonly repl?: string;
}

export interface IpAddr {
  readonly type: 'v4' | 'v6';
  readonly addr: string;
  readonly ext?: string;
}

export interface Ns extends BasicSedRec {
  readonly kind: 'NSType';
  readonly hostName: string;
  readonly ipAddr: readonly IpAddr[];
}

export interface Uri extends BasicSedRec {
  readonly kind: 'URIType';
  readonly ere: string;
  readonly uri: string;
}

/** Their columns and names in the database: sed-rec-kinds.ts. */
export type SedRec = Naptr | Ns | Uri;
