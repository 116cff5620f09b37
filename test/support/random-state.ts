import type { Key, ObjKey } from '../../src/model/key.js';
import type { Obj } from '../../src/model/obj.js';
import type { Dice } from './authority-model.js';

/** What a registrant may have: objects of all kinds, few names, and no reference to what is not there. */
export function randomState(
  dice: Dice,
  rant: string,
  rar: string,
  peers: readonly string[],
  shared: readonly ObjKey[] = [],
): Obj[] {
  const owner = { rant, rar };
  const maybe = <T>(value: T): T | undefined => (dice.below(3) === 0 ? value : undefined);
  const some = <T>(from: readonly T[]): T[] => from.filter(() => dice.below(2) === 0);
  const cased = (name: string) => (dice.below(2) === 0 ? name : name.toLowerCase());
  const plus = (number: string) => (dice.below(2) === 0 ? number : `+${number}`);
  const ext = () => given({ ext: maybe(`<x:x xmlns:x="urn:x">${dice.below(3)} &amp; "é",\n;</x:x>`) });
  const ownExt = () => given({ ownExt: maybe(`<y:y xmlns:y="urn:y" a="${dice.below(3)}"></y:y>`) });
  const key = (type: ObjKey['type'], name: string) => ({ kind: 'ObjKeyType', rant, name, type }) as const;

  const groups = some(['EAST', 'WEST', 'SÜD, "A"; B']).map(cased);
  const records = some(['REC_1', 'REC_2', 'REC_3', 'REC;4']).map(cased);
  const refs = () => some(records).map((name) => ({ sedKey: key('SedRec', name), priority: dice.below(3) }));
  const sedGroups = some(['GRP_A', 'GRP_B', 'GRP_C']).map(cased);
  const pubId = () => ({ ...owner, ...ext(), dgName: some(groups) });
  const claim = () => given({ corInfo: maybe({ corClaim: dice.below(2) === 0 }) });
  return [
    ...groups.map((dgName): Obj => ({ kind: 'DestGrpType', ...owner, ...ext(), dgName })),
    ...records.map(
      (sedName): Obj => record(dice, { ...owner, ...ext(), sedName, isInSvc: dice.below(2) === 0 }, ownExt()),
    ),
    ...sedGroups.map(
      (sedGrpName): Obj => ({
        ...{ kind: 'SedGrpType', ...owner, ...ext(), ...ownExt(), sedGrpName, sedRecRef: refs(), dgName: some(groups) },
        ...{ peeringOrg: [], isInSvc: true, priority: dice.below(3) },
        sourceIdent: some(['^192', '^2001']).map((each) => ({ sourceIdentRegex: each, sourceIdentScheme: 'ip' })),
      }),
    ),
    ...sedGroups.flatMap((name) =>
      some(peers).map(
        (offeredTo): Obj => ({
          ...{ kind: 'SedGrpOfferType', ...owner, ...ext(), ...ownExt() },
          sedGrpOfferKey: { kind: 'SedGrpOfferKeyType', sedGrpKey: key('SedGrp', name), offeredTo },
          ...{ status: 'offered', offerDateTime: '1970-01-01T00:00:00Z' },
        }),
      ),
    ),
    ...some(['RTE_1', 'RTE_2']).map(
      (name): Obj => ({
        ...{ kind: 'EgrRteType', ...owner, ...ext(), ...ownExt(), egrRteName: cased(name), pref: dice.below(3) },
        ...{ regxRewriteRule: { ere: '^(.*)$', repl: `\\1${dice.below(2)}` }, ...given({ svcs: maybe('E2U+sip') }) },
        ingrSedGrp: [...some(sedGroups).map((each): Key => key('SedGrp', each)), ...some(shared)] as ObjKey[],
      }),
    ),
    ...some(['12025550100', '12025550101', '1202555010', '13', '0']).map(
      (number): Obj => ({ kind: 'TNType', ...pubId(), ...claim(), tn: plus(number), sedRecRef: refs() }),
    ),
    ...some(['1303', '1304']).map((startRange): Obj => {
      return { kind: 'TNRType', ...pubId(), ...claim(), range: { startRange: plus(startRange), endRange: '1309' } };
    }),
    ...some(['1404', '14045']).map(
      (number): Obj => ({ kind: 'TNPType', ...pubId(), ...claim(), tnPrefix: plus(number) }),
    ),
    ...some(['99', '999']).map((rn): Obj => ({ kind: 'RNType', ...pubId(), ...claim(), rn: plus(rn) })),
    ...some(['sip:a@b.example', 'sip:"ä",\u{1f600}@b.example']).map(
      (uri): Obj => ({ kind: 'URIPubIdType', ...pubId(), ...ownExt(), uri }),
    ),
  ];
}

type Basic = { rant: string; rar: string; sedName: string; isInSvc: boolean; ext?: string };

function record(dice: Dice, basic: Basic, own: { ownExt?: string }): Obj {
  const ttl = given({ ttl: dice.below(2) === 0 ? 60 : undefined });
  const uri = 'sip:\\1@a.example';
  switch (dice.below(4)) {
    case 0:
      return { kind: 'URIType', ...basic, ...own, ...ttl, sedFunction: 'routing', ere: '^(.*)$', uri };
    case 1:
      return {
        kind: 'NAPTRType',
        ...basic,
        ...own,
        ...ttl,
        order: 1,
        svcs: 'E2U+sip',
        regx: { ere: '^(.*)$', repl: '\\1' },
      };
    case 2:
      return { kind: 'NAPTRType', ...basic, ...own, order: 2, flags: 'u', svcs: 'E2U+pstn:tel', repl: 'a.example' };
    default:
      return {
        kind: 'NSType',
        ...basic,
        ...own,
        ...ttl,
        hostName: 'ns.example',
        ipAddr: [{ type: 'v4', addr: '192.0.2.1' }],
      };
  }
}

function given<T extends object>(members: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
