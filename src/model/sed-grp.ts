import type { BasicObj, OwnExt } from './basic-obj.js';
import type { SedRecRef } from './sed-rec-ref.js';

export const sourceIdentSchemes = ['uri', 'ip', 'rootDomain'] as const;

/** A source criterion: the part of the resolution request that is matched, and the pattern (RFC 7877 §6.3). */
export interface SourceIdent {
  readonly sourceIdentRegex: string;
  readonly sourceIdentScheme: (typeof sourceIdentSchemes)[number];
  readonly ext?: string;
}

/** SED group: ties destination groups, SED records and peers together (RFC 7877 §6.3). */
export interface SedGrp extends BasicObj, OwnExt {
  readonly kind: 'SedGrpType';
  readonly sedGrpName: string;
  readonly sedRecRef: readonly SedRecRef[];
  readonly dgName: readonly string[];
  /** Organizations that accepted an offer; set by the registry, never by the client. */
  readonly peeringOrg: readonly string[];
  readonly sourceIdent: readonly SourceIdent[];
  readonly isInSvc: boolean;
  readonly priority: number;
}
