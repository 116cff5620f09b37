import type { BasicObj, OwnExt } from './basic-obj.js';
import type { SedGrpOfferKey } from './key.js';

export const offerStatuses = ['offered', 'accepted'] as const;

/** The offer of an SED group to an organization (RFC 7877 §6.5). The registry sets status and times. */
export interface SedGrpOffer extends BasicObj, OwnExt {
  readonly kind: 'SedGrpOfferType';
  readonly sedGrpOfferKey: SedGrpOfferKey;
  readonly status: (typeof offerStatuses)[number];
  readonly offerDateTime: string;
  readonly acceptDateTime?: string;
}
