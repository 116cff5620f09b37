import type { Obj } from '../model/obj.js';

/** The kinds of forms: one for each type of object. A file in CSV has objects of one kind. */
export const formKinds = {
  destGrp: 'DestGrpType',
  tn: 'TNType',
  tnRange: 'TNRType',
  tnPrefix: 'TNPType',
  rn: 'RNType',
  uri: 'URIPubIdType',
  naptr: 'NAPTRType',
  ns: 'NSType',
  uriRec: 'URIType',
  sedGrp: 'SedGrpType',
  sedGrpOffer: 'SedGrpOfferType',
  egrRte: 'EgrRteType',
} as const satisfies Record<string, Obj['kind']>;

export type FormKind = keyof typeof formKinds;

const kindsByType = new Map<string, FormKind>(
  Object.entries(formKinds).map(([kind, type]) => [type, kind as FormKind]),
);

/** The kind of form of an object. */
export function formKindOf({ kind }: Obj): FormKind {
  const formKind = kindsByType.get(kind);
  if (formKind === undefined) throw new Error(`no form for ${kind}`);
  return formKind;
}
