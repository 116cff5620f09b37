import type { Noun } from '../../model/noun.js';
import { pubIdKindNames } from '../../model/object-order.js';
import { offerStatuses } from '../../model/sed-grp-offer.js';
import { sedRecKindNames } from '../../model/sed-rec-kinds.js';
import { namedOrders } from '../../registry/find/list-named.js';
import { offerOrders } from '../../registry/find/list-offers.js';
import { pubIdOrders } from '../../registry/find/list-pub-ids.js';

/** A field of the form that chooses the objects of a list. */
export interface ListField {
  /** The parameter in the address. */
  readonly name: ListFieldName;
  readonly label: string;
  /** The words that it may have; without them, every text is good. */
  readonly words?: readonly string[];
}

export type ListFieldName =
  | 'rant'
  | 'begin'
  | 'destGrp'
  | 'kind'
  | 'inService'
  | 'shared'
  | 'offeredTo'
  | 'status'
  | 'sort'
  | 'order';

/** A list of objects of one noun. */
export interface ObjectList {
  /** The last part of its address. */
  readonly name: string;
  readonly noun: Noun;
  readonly title: string;
  readonly fields: readonly ListField[];
  /** What it can be sorted by, and the columns of each order; the first one is that of operators. */
  readonly orders: Readonly<Record<string, readonly string[]>>;
  /** The columns that are shown. */
  readonly head: readonly string[];
}

const rant: ListField = { name: 'rant', label: 'Registrant' };
const begin: ListField = { name: 'begin', label: 'Name begins with' };
const destGrp: ListField = { name: 'destGrp', label: 'Destination group' };
const inService: ListField = { name: 'inService', label: 'In service', words: ['yes', 'no'] };
const shared: ListField = { name: 'shared', label: 'Shared with you by others', words: ['yes'] };

/** All lists, in the order in which people are shown them. */
export const objectLists: readonly ObjectList[] = [
  {
    ...{ name: 'destGrp', noun: 'DestGrp', title: 'Destination groups', orders: namedOrders },
    fields: [rant, begin],
    head: ['Name', 'Registrant', 'Registrar', 'Changed'],
  },
  {
    ...{ name: 'sedGrp', noun: 'SedGrp', title: 'SED groups', orders: namedOrders },
    fields: [rant, begin, destGrp, inService, shared],
    head: ['Name', 'Registrant', 'In service', 'Priority', 'Destination groups', 'SED records', 'Peers', 'Changed'],
  },
  {
    ...{ name: 'sedRec', noun: 'SedRec', title: 'SED records', orders: namedOrders },
    fields: [rant, begin, { name: 'kind', label: 'Kind', words: sedRecKindNames }, inService, shared],
    head: ['Name', 'Registrant', 'Kind', 'In service', 'Leads to', 'Changed'],
  },
  {
    ...{ name: 'sedGrpOffer', noun: 'SedGrpOffer', title: 'SED group offers', orders: offerOrders },
    fields: [
      { name: 'rant', label: 'Offered by' },
      { name: 'offeredTo', label: 'Offered to' },
      { name: 'status', label: 'Status', words: offerStatuses },
    ],
    head: ['Offer', 'SED group', 'Offered by', 'Offered to', 'Status', 'Offered', 'Accepted'],
  },
  {
    ...{ name: 'egrRte', noun: 'EgrRte', title: 'Egress routes', orders: namedOrders },
    fields: [rant, begin],
    head: ['Name', 'Registrant', 'Preference', 'Pattern', 'Makes of it', 'SED groups', 'Changed'],
  },
  {
    ...{ name: 'pubId', noun: 'PubId', title: 'Public identifiers', orders: pubIdOrders },
    fields: [
      rant,
      { name: 'begin', label: 'Number or URI begins with' },
      { name: 'kind', label: 'Kind', words: pubIdKindNames },
      destGrp,
    ],
    head: ['Kind', 'Identifier', 'Registrant', 'Destination groups', 'SED records', 'Carrier of record', 'Changed'],
  },
];

/** The fields that somebody can fill in: all objects are shown to operators, none are shared with them. */
export function fieldsFor({ fields }: ObjectList, visitor: 'registrar' | 'operator'): readonly ListField[] {
  return visitor === 'operator' ? fields.filter((each) => each !== shared) : fields;
}
