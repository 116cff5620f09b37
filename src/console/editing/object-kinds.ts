import { allForms } from '../../forms/columns.js';
import type { FormKind } from '../../forms/form-kind.js';
import type { Noun } from '../../model/noun.js';

/** A kind of objects that has a form. */
interface ObjectKind {
  readonly noun: Noun;
  /** What people call one of them. */
  readonly name: string;
}

const kinds: Readonly<Record<FormKind, ObjectKind>> = {
  destGrp: { noun: 'DestGrp', name: 'destination group' },
  sedGrp: { noun: 'SedGrp', name: 'SED group' },
  uriRec: { noun: 'SedRec', name: 'SED record of URIs' },
  naptr: { noun: 'SedRec', name: 'NAPTR record' },
  ns: { noun: 'SedRec', name: 'NS record' },
  sedGrpOffer: { noun: 'SedGrpOffer', name: 'offer' },
  egrRte: { noun: 'EgrRte', name: 'egress route' },
  tn: { noun: 'PubId', name: 'number' },
  tnRange: { noun: 'PubId', name: 'range of numbers' },
  tnPrefix: { noun: 'PubId', name: 'prefix of numbers' },
  rn: { noun: 'PubId', name: 'routing number' },
  uri: { noun: 'PubId', name: 'URI' },
};

/** All kinds, in the order of forms. */
export const editedKinds: readonly FormKind[] = allForms.map(({ kind }) => kind);

/** What people call an object of a kind. */
export const kindName = (kind: FormKind) => kinds[kind].name;

/** The noun of the objects of a kind. */
export const nounOfKind = (kind: FormKind) => kinds[kind].noun;

/** The kinds of objects of a noun. */
export const kindsOf = (noun: Noun) => editedKinds.filter((kind) => kinds[kind].noun === noun);
