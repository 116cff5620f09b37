import type { RegexParam } from '../values/regex-param.js';
import type { BasicObj, OwnExt } from './basic-obj.js';
import type { ObjKey } from './key.js';

/** Egress route: an originating provider's rewriting of a target's ingress NAPTRs (RFC 7877 §6.6). */
export interface EgrRte extends BasicObj, OwnExt {
  readonly kind: 'EgrRteType';
  readonly egrRteName: string;
  readonly pref: number;
  readonly regxRewriteRule: RegexParam;
  readonly ingrSedGrp: readonly ObjKey[];
  readonly svcs?: string;
}
