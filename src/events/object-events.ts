import { type EventType, eventType, oneOf, orgId, orNull, text } from './event-type.js';

/** What events about objects have. Public identifiers have a kind and a value, other objects a name. */
const object = {
  registrant: orgId('Owner of the object'),
  noun: oneOf('What it is', ['DestGrp', 'PubId', 'SedRec', 'SedGrp', 'EgrRte']),
  registrar: orNull(orgId('Registrar whose request it was; null: the operator')),
  formerRegistrar: orgId('Registrar that had written the object last'),
};
const key = {
  name: text('Name of the object, folded'),
  kind: oneOf('Kind of a public identifier', ['TN', 'TNRange', 'TNPrefix', 'RN', 'URI']),
  value: text('Digits of a public identifier; of a range, its ends with a hyphen between them; a URI'),
};

const written = { registrant: 'iana-en:222', registrar: 'iana-en:225', formerRegistrar: 'iana-en:222' };

/** Events about objects that another registrar than the last one, or the operator, has changed or deleted. */
export const objectEvents: readonly EventType[] = [
  eventType({
    type: 'sppp.object.changed.v1',
    meaning: 'A registrar has changed an object that another one had written last.',
    audience: 'the registrant',
    members: {
      ...object,
      change: oneOf('Replaced by an Add, or lost its reference to an object that is deleted', [
        'replaced',
        'referenceLost',
      ]),
    },
    optional: key,
    subject: 'tn:iana-en:222:12025550101',
    example: { ...written, noun: 'PubId', kind: 'TN', value: '12025550101', change: 'replaced' },
  }),
  eventType({
    type: 'sppp.object.deleted.v1',
    meaning: 'A registrar has deleted an object that another one had written last.',
    audience: 'the registrant',
    members: object,
    optional: key,
    subject: 'sedGrp:iana-en:222:ingress_west',
    example: { ...written, noun: 'SedGrp', name: 'ingress_west' },
  }),
];
