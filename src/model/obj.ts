import type { DestGrp } from './dest-grp.js';
import type { EgrRte } from './egr-rte.js';
import type { PubId } from './pub-id.js';
import type { SedGrp } from './sed-grp.js';
import type { SedGrpOffer } from './sed-grp-offer.js';
import type { SedRec } from './sed-rec.js';

/** Every object that can be provisioned, distinguished by `kind`. */
export type Obj = DestGrp | PubId | SedRec | SedGrp | SedGrpOffer | EgrRte;
