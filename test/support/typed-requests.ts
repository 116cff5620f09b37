import type { Key, SedGrpOfferKey } from '../../src/model/key.js';
import type { Obj } from '../../src/model/obj.js';
import { encodeKey, encodeObj } from '../../src/sppp/encode.js';
import { baseNs, soapNs } from '../../src/sppp/namespaces.js';
import { envelope } from './message.js';

/** Requests of objects and keys as the code has them. */

export function addOf(objs: readonly Obj[]): string {
  return request('spppAddRequest', objs.map((obj) => encodeObj('obj', obj)).join(''));
}

export function getOf(keys: readonly Key[]): string {
  return request('spppGetRequest', keys.map((key) => encodeKey('objKey', key)).join(''));
}

export function delOf(keys: readonly Key[]): string {
  return request('spppDelRequest', keys.map((key) => encodeKey('objKey', key)).join(''));
}

export function acceptOf(keys: readonly SedGrpOfferKey[]): string {
  const inside = keys.map((key) => encodeKey('sedGrpOfferKey', key).replace(/ xsi:type="[^"]*"/, ''));
  return request('spppAcceptRequest', inside.join(''));
}

function request(wrapper: string, inside: string): string {
  return envelope(`<sppfs:${wrapper} xmlns:sppfs="${soapNs}" xmlns:sppfb="${baseNs}">${inside}</sppfs:${wrapper}>`);
}

/** One of each kind of object for a registrant; those of other ones are offered to, and may be named as a peer's. */
export function oneOfEach(rant: string, rar: string, others: readonly string[]): Obj[] {
  const owner = { rant, rar };
  const record = { ...owner, isInSvc: true };
  const key = (type: 'SedRec' | 'SedGrp', name: string) => ({ kind: 'ObjKeyType', rant, name, type }) as const;
  const ref = (name: string, priority: number) => ({ sedKey: key('SedRec', name), priority });
  return [
    { kind: 'DestGrpType', ...owner, dgName: 'Straße' },
    { kind: 'DestGrpType', ...owner, dgName: 'EAST', ext: '<x:x xmlns:x="urn:x">é &amp; 1</x:x>' },
    { kind: 'NAPTRType', ...record, sedName: 'naptr', order: 1, svcs: 'E2U+sip', regx: { ere: '^(.*)$', repl: '\\1' } },
    { kind: 'NSType', ...record, sedName: 'NS 1', hostName: 'ns.example', ipAddr: [{ type: 'v4', addr: '192.0.2.1' }] },
    { kind: 'URIType', ...record, sedName: 'Uri', ttl: 60, sedFunction: 'routing', ere: '^(.*)$', uri: 'sip:\\1@a' },
    {
      ...{ kind: 'SedGrpType', ...owner, sedGrpName: 'GRP', sedRecRef: [ref('NAPTR', 2), ref('NS 1', 1)] },
      ...{ dgName: ['EAST', 'Straße'], peeringOrg: [], isInSvc: true, priority: 5 },
      sourceIdent: [{ sourceIdentRegex: '^192', sourceIdentScheme: 'ip' }],
    },
    {
      ...{ kind: 'SedGrpType', ...owner, sedGrpName: 'grp_2', sedRecRef: [ref('uri', 1)], dgName: [], peeringOrg: [] },
      ...{ isInSvc: false, priority: 0, sourceIdent: [] },
    },
    ...others.flatMap((offeredTo) =>
      ['GRP', 'grp_2'].map(
        (name): Obj => ({
          ...{ kind: 'SedGrpOfferType', ...owner, status: 'offered', offerDateTime: '2041-05-30T09:30:10Z' },
          sedGrpOfferKey: { kind: 'SedGrpOfferKeyType', sedGrpKey: key('SedGrp', name), offeredTo },
        }),
      ),
    ),
    {
      ...{ kind: 'EgrRteType', ...owner, egrRteName: 'RTE', pref: 1, regxRewriteRule: { ere: '^(.*)$', repl: '\\1' } },
      ingrSedGrp: [key('SedGrp', 'GRP')],
    },
    { kind: 'TNType', ...owner, dgName: ['EAST'], tn: '+12025550100', corInfo: { corClaim: true }, sedRecRef: [] },
    { kind: 'TNType', ...owner, dgName: ['straSSE', 'EAST'], tn: '1202555010', sedRecRef: [ref('Uri', 1)] },
    { kind: 'TNRType', ...owner, dgName: ['EAST'], range: { startRange: '+1303', endRange: '1304' } },
    { kind: 'TNPType', ...owner, dgName: [], tnPrefix: '+1404' },
    { kind: 'RNType', ...owner, dgName: ['EAST'], rn: '9999' },
    { kind: 'URIPubIdType', ...owner, dgName: ['EAST'], uri: 'sip:Ä@b.example' },
  ];
}
