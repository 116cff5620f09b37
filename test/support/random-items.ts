import fc from 'fast-check';
import {
  idOfKey,
  keyOf,
  type ModelCaller,
  type ModelItem,
  type ModelKey,
  type ModelObj,
  type NamedKey,
  type OfferFilter,
  type OfferKey,
  type Ref,
  type SedRecObj,
} from './model.js';

/**
 * Random items, valid and invalid, with few names and numbers, so that they often concern the same object. Values that are
 * the caller's own are named OWN0, OWN1 and SELF until the caller is known.
 */

const registrants = ['iana-en:111', 'iana-en:222', 'iana-en:225', 'iana-en:226'] as const;

function mostly<T>(usual: fc.Arbitrary<T>, rare: fc.Arbitrary<T>, rarity = 24): fc.Arbitrary<T> {
  return fc.oneof({ weight: rarity - 1, arbitrary: usual }, { weight: 1, arbitrary: rare });
}

const anyRant = fc.constantFrom(...registrants);
const strange = fc.constantFrom(...registrants, 'iana-en:223', 'iana-en:999', 'nonsense');
const own = fc.constantFrom('OWN0', 'OWN0', 'OWN1');
const rant = mostly(own, strange);
const basic = { rant, rar: mostly(fc.constant('SELF'), strange, 40) };
const noted = { ...basic, note: fc.option(fc.constantFrom('one', 'two'), { nil: undefined, freq: 1 }) };

function name(...names: [string, ...string[]]): fc.Arbitrary<string> {
  return mostly(fc.constantFrom(...names), fc.constant('ab'), 60);
}
const dgName = name('Straße', 'STRASSE', 'DEST_A', 'dest_a', 'DEST_B');
const sedName = name('REC_ONE', 'rec_one', 'REC_TWO', 'REC_THREE');
const sedGrpName = name('GRP_ONE', 'grp_one', 'GRP_TWO');
const egrRteName = name('ROUTE_A', 'route_a', 'ROUTE_B');

const short = mostly(fc.constantFrom('0', '10', '65535'), fc.constantFrom('65536', 'high'), 60);
const plus = fc.constantFrom('', '+');
const two = fc.integer({ min: 0, max: 99 }).map((value) => String(value).padStart(2, '0'));
const ending = fc.oneof({ weight: 3, arbitrary: two }, { weight: 1, arbitrary: two.map((digits) => digits[0] ?? '0') });
const num = mostly(
  fc.tuple(plus, two).map(([sign, end]) => `${sign}1202${end}`),
  fc.constantFrom('12O2', '1202555010012025550100', ''),
  80,
);
const block = mostly(
  fc.tuple(plus, ending).map(([sign, end]) => `${sign}1202${end}`),
  fc.constantFrom('1202', '1202x'),
  12,
);
const ends = fc.tuple(block, block).map(([a, c]) => ({ start: a, end: c }));
const rising = ends.map(({ start, end }) =>
  start.replace('+', '') <= end.replace('+', '') ? { start, end } : { start: end, end: start },
);
const range = mostly(rising, ends, 12);
const uri = fc.constantFrom('sip:alice@example.com', 'sip:bob@example.com', 'SIP:alice@example.com');

function namedKey(rants: fc.Arbitrary<string>, names: fc.Arbitrary<string>, type: string): fc.Arbitrary<NamedKey> {
  return fc.record({
    rant: rants,
    name: names,
    type: mostly(fc.constant(type), fc.constantFrom('DestGrp', 'Group'), 60),
  });
}

const ref: fc.Arbitrary<Ref> = fc.record({ key: namedKey(rant, sedName, 'SedRec'), priority: short });
const refs = fc.array(ref, { maxLength: 3 });
const dgNames = fc.array(dgName, { maxLength: 3 });
const claim = fc.constantFrom(undefined, undefined, true, true, true, false);

const destGrp = fc.record({ type: fc.constant('DestGrpType' as const), ...noted, dgName });
const pubId = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('TNType' as const), ...noted, dgNames, tn: num, claim, refs }),
  },
  {
    weight: 1,
    arbitrary: fc
      .record({ type: fc.constant('TNRType' as const), ...basic, dgNames, range, claim })
      .map(({ range: { start, end }, ...rest }) => ({ ...rest, start, end })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('TNPType' as const), ...basic, dgNames, tnPrefix: block, claim }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('RNType' as const), ...basic, dgNames, rn: num, claim }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('URIPubIdType' as const), ...basic, dgNames, uri }) },
);
const sedRec: fc.Arbitrary<SedRecObj> = fc.record({
  type: fc.constantFrom('URIType' as const, 'NAPTRType' as const, 'NSType' as const),
  ...noted,
  sedName,
  isInSvc: fc.boolean(),
  host: fc.constantFrom('gw1.example.com', 'gw2.example.com'),
});
const sedRecAtFault: fc.Arbitrary<SedRecObj> = sedRec.map((each) => ({ ...each, type: 'NAPTRType', host: '' }));
const sedGrp = fc.record({
  type: fc.constant('SedGrpType' as const),
  ...noted,
  sedGrpName,
  refs,
  dgNames,
  sources: fc.array(fc.record({ regex: fc.constantFrom('^a', 'b$'), scheme: fc.constantFrom('ip', 'uri') }), {
    maxLength: 3,
  }),
  isInSvc: fc.boolean(),
  priority: short,
});
const offer = fc
  .record({
    type: fc.constant('SedGrpOfferType' as const),
    ...noted,
    group: namedKey(mostly(fc.constant('SAME'), strange), sedGrpName, 'SedGrp'),
    offeredTo: mostly(anyRant, strange),
  })
  .map((each) => ({
    ...each,
    group: { ...each.group, rant: each.group.rant === 'SAME' ? each.rant : each.group.rant },
  }));
const egrRte = fc.record({
  type: fc.constant('EgrRteType' as const),
  ...noted,
  egrRteName,
  pref: short,
  ingress: fc.array(namedKey(fc.oneof(own, anyRant), sedGrpName, 'SedGrp'), { maxLength: 2 }),
});

function offerKey(rants: fc.Arbitrary<string>, recipients: fc.Arbitrary<string>): fc.Arbitrary<{ offer: OfferKey }> {
  return fc
    .record({ group: namedKey(rants, sedGrpName, 'SedGrp'), offeredTo: recipients })
    .map((key) => ({ offer: key }));
}

function keyOfNoun(rants: fc.Arbitrary<string>): Record<string, fc.Arbitrary<ModelKey>> {
  const named = (names: fc.Arbitrary<string>, type: string) =>
    namedKey(rants, names, type).map((key) => ({ named: key }));
  return {
    destGrp: named(dgName, 'DestGrp'),
    sedRec: named(sedName, 'SedRec'),
    sedGrp: named(sedGrpName, 'SedGrp'),
    egrRte: named(egrRteName, 'EgrRte'),
    pubId: fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          rant: rants,
          number: fc.record({ value: num, type: mostly(fc.constantFrom('TN', 'TN', 'RN'), fc.constant('LRN'), 60) }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ rant: rants, number: fc.record({ value: block, type: fc.constant('TNPrefix') }) }),
      },
      { weight: 1, arbitrary: fc.record({ rant: rants, range }) },
      { weight: 1, arbitrary: fc.record({ rant: rants, uri }) },
    ),
  };
}

const add = (objs: fc.Arbitrary<ModelObj>): fc.Arbitrary<ModelItem> => objs.map((obj) => ({ verb: 'add', obj }));
const del = (keys: fc.Arbitrary<ModelKey>): fc.Arbitrary<ModelItem> => keys.map((key) => ({ verb: 'del', key }));
const answer = (verb: 'accept' | 'reject'): fc.Arbitrary<ModelItem> =>
  offerKey(mostly(anyRant, strange, 60), mostly(own, strange)).map((key) => ({ verb, key }));

const keys = keyOfNoun(rant);

function stretch(weight: number, items: fc.Arbitrary<ModelItem>, maxLength = 6) {
  return { weight, arbitrary: fc.array(items, { minLength: 1, maxLength, size: 'max' }) };
}

/** Many different numbers of one registrant: a run that is long enough to be loaded in bulk. */
const load: fc.Arbitrary<ModelItem[]> = fc
  .tuple(
    own,
    fc.uniqueArray(pubId, {
      minLength: 40,
      maxLength: 90,
      size: 'max',
      selector: (obj) => idOfKey(keyOf({ ...obj, rant: '' })),
    }),
  )
  .map(([registrant, objs]) => objs.map((obj) => ({ verb: 'add' as const, obj: { ...obj, rant: registrant } })));

/** The same few objects many times, added, deleted and answered in any order: all of one noun, or mixed. */
const fewNumbers = fc.constantFrom('12021', '+12021', '12022');
const fewPubIds = fc.oneof(
  fc.record({ type: fc.constant('TNType' as const), ...noted, dgNames, tn: fewNumbers, claim, refs }),
  fc.record({ type: fc.constant('TNPType' as const), ...basic, dgNames, tnPrefix: fewNumbers, claim }),
);
const fewKeys = fc.record({
  rant,
  number: fc.record({ value: fewNumbers, type: fc.constantFrom('TN', 'TN', 'TNPrefix') }),
});
const ownOffer = offer.chain((each) => own.map((offeredTo) => ({ ...each, offeredTo })));
const ownOfferKey = offerKey(own, own);
const onOwnOffer = (verb: 'accept' | 'reject'): fc.Arbitrary<ModelItem> => ownOfferKey.map((key) => ({ verb, key }));
const changes = {
  pubId: fc.oneof({ weight: 3, arbitrary: add(fewPubIds) }, { weight: 2, arbitrary: del(fewKeys) }),
  destGrp: fc.oneof(add(destGrp), del(keys.destGrp as fc.Arbitrary<ModelKey>)),
  sedRec: fc.oneof(add(sedRec), del(keys.sedRec as fc.Arbitrary<ModelKey>)),
  sedGrp: fc.oneof(add(sedGrp), del(keys.sedGrp as fc.Arbitrary<ModelKey>)),
  egrRte: fc.oneof(add(egrRte), del(keys.egrRte as fc.Arbitrary<ModelKey>)),
  offer: fc.oneof(
    { weight: 3, arbitrary: add(ownOffer) },
    { weight: 2, arbitrary: onOwnOffer('accept') },
    { weight: 1, arbitrary: onOwnOffer('reject') },
    { weight: 1, arbitrary: del(ownOfferKey) },
  ),
};
/** A few items, and all of them again and again. */
const copies = fc
  .tuple(fc.array(fc.oneof(...Object.values(changes)), { minLength: 1, maxLength: 4 }), fc.integer({ min: 2, max: 12 }))
  .map(([some, times]) => Array.from({ length: times }, () => some).flat());

/** Neighbouring items are often similar, as in real requests. */
const items = fc
  .array(
    fc.oneof(
      stretch(4, add(destGrp)),
      stretch(4, add(mostly(sedRec, sedRecAtFault))),
      stretch(5, add(sedGrp)),
      stretch(6, add(offer), 8),
      stretch(4, add(egrRte)),
      stretch(7, add(pubId), 40),
      { weight: 2, arbitrary: load },
      stretch(6, changes.pubId, 40),
      stretch(4, changes.offer, 20),
      ...[changes.destGrp, changes.sedRec, changes.sedGrp, changes.egrRte].map((each) => stretch(2, each, 12)),
      { weight: 4, arbitrary: copies },
      stretch(5, answer('accept')),
      stretch(2, answer('reject'), 3),
      ...Object.values(keys).map((each) => stretch(1, del(each), 4)),
      stretch(2, del(keys.pubId as fc.Arbitrary<ModelKey>), 20),
      stretch(1, del(offerKey(rant, mostly(anyRant, strange))), 3),
    ),
    { minLength: 1, maxLength: 40, size: 'max' },
  )
  .map((stretches) => stretches.flat().slice(0, 200));

const anyKeys = keyOfNoun(fc.oneof(own, own, own, anyRant));
const probe = fc.array(fc.oneof(...Object.values(anyKeys), offerKey(fc.oneof(own, anyRant), fc.oneof(own, anyRant))), {
  minLength: 1,
  maxLength: 4,
});
const someOrgs = fc.array(
  fc.oneof(
    own,
    strange.filter((id) => id !== 'nonsense'),
  ),
  { maxLength: 2 },
);
const filter: fc.Arbitrary<OfferFilter> = fc.record(
  {
    offeredBy: someOrgs,
    offeredTo: someOrgs,
    status: fc.constantFrom('offered' as const, 'accepted' as const),
    keys: fc.array(
      fc.record({
        group: fc.record({ rant: anyRant, name: fc.constantFrom('grp_ONE', 'GRP_TWO'), type: fc.constant('SedGrp') }),
        offeredTo: anyRant,
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

/** The first objects of a registrant, to which others can refer: groups, records, and offers to all others. */
export function foundation(rant: string, rar: string): ModelItem[] {
  const basic = { rant, rar };
  const key = (type: string, text: string): NamedKey => ({ rant, name: text, type });
  const groups = ['GRP_ONE', 'GRP_TWO'];
  const objs: ModelObj[] = [
    ...['DEST_A', 'DEST_B', 'Straße'].map((each) => ({ type: 'DestGrpType' as const, ...basic, dgName: each })),
    ...['REC_ONE', 'REC_TWO', 'REC_THREE'].map((each) => ({
      type: 'URIType' as const,
      ...basic,
      sedName: each,
      isInSvc: true,
      host: 'gw.example.com',
    })),
    ...groups.map((each) => ({
      type: 'SedGrpType' as const,
      ...basic,
      sedGrpName: each,
      refs: [{ key: key('SedRec', 'REC_ONE'), priority: '10' }],
      dgNames: ['DEST_A'],
      sources: [],
      isInSvc: true,
      priority: '10',
    })),
    ...groups.flatMap((each) =>
      registrants
        .filter((other) => other !== rant)
        .map((offeredTo) => ({ type: 'SedGrpOfferType' as const, ...basic, group: key('SedGrp', each), offeredTo })),
    ),
  ];
  return objs.map((obj) => ({ verb: 'add', obj }));
}

export interface RandomRequest {
  readonly user: number;
  readonly items: readonly ModelItem[];
  /** The queries afterwards. */
  readonly reader: number;
  readonly probe: readonly ModelKey[];
  readonly filter: OfferFilter;
}

/** Requests one after the other, each by one of so many users. */
export function randomRequests(users: number): fc.Arbitrary<RandomRequest[]> {
  const user = fc.integer({ min: 0, max: users - 1 });
  return fc.array(fc.record({ user, items, reader: user, probe, filter }), { minLength: 1, maxLength: 3, size: 'max' });
}

/** The same with the caller's organizations in place of OWN0, OWN1 and SELF. */
export function resolve<T>(value: T, { registrar, grants }: ModelCaller): T {
  const [first = '', second = first] = grants;
  const text = JSON.stringify(value)
    .replaceAll('"OWN0"', JSON.stringify(first))
    .replaceAll('"OWN1"', JSON.stringify(second))
    .replaceAll('"SELF"', JSON.stringify(registrar));
  return JSON.parse(text) as T;
}
