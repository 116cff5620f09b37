/**
 * The life of a peering with the npm package `soap`, printed line by line on standard output.
 *
 * Usage: [LOGINS=sppp-data/demo-logins] node life.mjs http://host:port 1.1|1.2
 *
 * LOGINS names a file with a user name and a password a line; without it, passwords are the user names.
 */

import { readFileSync } from 'node:fs';
import { createClientAsync } from 'soap';
import { DigestHttpClient } from './digest-http-client.mjs';

const [server, version] = process.argv.slice(2);
const ssp2Owns = { rant: 'iana-en:222', rar: 'iana-en:223' };
const ssp3Owns = { rant: 'iana-en:225', rar: 'iana-en:225' };

const lines = process.env.LOGINS === undefined ? [] : readFileSync(process.env.LOGINS, 'utf8').trim().split('\n');
const logins = new Map(lines.map((line) => line.split(' ')));

async function connect(username, path = '/sppp') {
  const client = await createClientAsync(`${server}${path}?wsdl`, {
    httpClient: new DigestHttpClient(username, logins.get(username) ?? username),
    forceSoap12Headers: version === '1.2',
    // A list under this name keeps the order of a batch.
    arrayWithChoiceTag: '$choices',
  });
  return async (operation, request) => (await client[`${operation}Async`](request))[0];
}

/**
 * An object: its xsi:type, then its elements in the order of the schema. The package does not look for the elements of
 * a type that is named by xsi:type, so it needs the namespace of each.
 */
function obj(type, values) {
  return { attributes: { 'xsi:type': `sppfb:${type}` }, ...inBase(values) };
}

function inBase(value) {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(inBase);
  // The elements of a key are in no namespace.
  if (typeof value !== 'object' || value.attributes?.['xsi:type']?.startsWith('sppfs:')) return value;
  const { attributes, ...elements } = value;
  const prefixed = Object.entries(elements).map(([name, inside]) => [`sppfb:${name}`, inBase(inside)]);
  return { ...(attributes === undefined ? {} : { attributes }), ...Object.fromEntries(prefixed) };
}

function key(type, values) {
  return { attributes: { 'xsi:type': `sppfs:${type}` }, ...values };
}

function objKey(type, name, { rant } = ssp2Owns) {
  return key('ObjKeyType', { rant, name, type });
}

function numberKey(type, value) {
  return key('PubIdKeyType', { rant: ssp2Owns.rant, number: inBase({ value, type }) });
}

function rangeKey(startRange, endRange) {
  return key('PubIdKeyType', { rant: ssp2Owns.rant, range: inBase({ startRange, endRange }) });
}

function typeOf({ attributes }) {
  return attributes['xsi:type'].replace(/^.*:/, '');
}

function show(step, answer, ...more) {
  const { code, msg } = answer.overallResult;
  const lines = [[`${step}:`, code, msg, ...more].join(' ')];
  for (const element of ['detailResult', 'addResult', 'delResult', 'acceptResult', 'rejectResult']) {
    for (const detail of [answer[element] ?? []].flat()) {
      const about = detail.obj ?? detail.objKey ?? detail.sedGrpOfferKey;
      lines.push(`  ${element} ${typeOf(about)} ${detail.code} ${detail.msg}`);
    }
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}

const ssp2 = await connect('ssp2r');
const ssp3 = await connect('ssp3');
const ssp2Partial = await connect('ssp2r', '/sppp/partial');
let answer;

// Status ----------------------------------------------------------------------------------------------------------

answer = await ssp2('submitServerStatusRqst', {});
show('status', answer, answer.svcMenu.serverStatus, ...answer.svcMenu.majMinVersion);

// What SSP2 has ---------------------------------------------------------------------------------------------------

answer = await ssp2('submitAddRqst', {
  clientTransId: 'life-1',
  obj: [obj('DestGrpType', { ...ssp2Owns, dgName: 'DG_LIFE' })],
});
show('add destination group', answer);
answer = await ssp2('submitAddRqst', {
  obj: [
    obj('NAPTRType', {
      ...ssp2Owns,
      sedName: 'SED_LIFE',
      isInSvc: true,
      order: 10,
      flags: 'u',
      svcs: 'E2U+sip',
      regx: { ere: '^(.*)$', repl: 'sip:\\1@sbe1.ssp2.example' },
    }),
  ],
});
show('add SED record', answer);
answer = await ssp2('submitAddRqst', {
  obj: [
    obj('SedGrpType', {
      ...ssp2Owns,
      sedGrpName: 'SG_LIFE',
      sedRecRef: [{ sedKey: objKey('SedRec', 'SED_LIFE'), priority: 100 }],
      dgName: ['DG_LIFE'],
      isInSvc: true,
      priority: 10,
    }),
  ],
});
show('add SED group', answer);
answer = await ssp2('submitAddRqst', {
  obj: [
    obj('TNType', { ...ssp2Owns, dgName: ['DG_LIFE'], tn: '+12025550100', corInfo: { corClaim: true } }),
    obj('TNRType', {
      ...ssp2Owns,
      dgName: ['DG_LIFE'],
      range: { startRange: '+12025551000', endRange: '+12025551999' },
    }),
  ],
});
show('add numbers', answer);

// The peering -----------------------------------------------------------------------------------------------------

const offerKey = { sedGrpKey: objKey('SedGrp', 'SG_LIFE'), offeredTo: ssp3Owns.rant };
answer = await ssp2('submitAddRqst', {
  obj: [
    obj('SedGrpOfferType', {
      ...ssp2Owns,
      sedGrpOfferKey: key('SedGrpOfferKeyType', offerKey),
      status: 'offered',
      offerDateTime: new Date(),
    }),
  ],
});
show('offer', answer);
answer = await ssp3('submitGetSedGrpOffersRqst', { offeredTo: [ssp3Owns.rant], status: 'offered' });
show("the peer's open offers", answer, ...answer.resultObj.map((offer) => offer.sedGrpOfferKey.sedGrpKey.name));
show('the peer accepts', await ssp3('submitAcceptRqst', { sedGrpOfferKey: [offerKey] }));
answer = await ssp3('submitGetRqst', { objKey: [objKey('SedGrp', 'SG_LIFE'), objKey('SedRec', 'SED_LIFE')] });
const [group, record] = answer.resultObj;
show('the peer reads', answer, typeOf(group), ...group.peeringOrg, typeOf(record), record.regx.repl);
answer = await ssp3('submitAddRqst', {
  obj: [
    obj('EgrRteType', {
      ...ssp3Owns,
      egrRteName: 'ER_LIFE',
      pref: 50,
      regxRewriteRule: { ere: '^(.*@)(.*)$', repl: '\\1\\2?route=egress.ssp3.example' },
      ingrSedGrp: [objKey('SedGrp', 'SG_LIFE')],
    }),
  ],
});
show("the peer's egress route", answer);
answer = await ssp3('submitGetRqst', { objKey: [objKey('EgrRte', 'ER_LIFE', ssp3Owns)] });
const [route] = answer.resultObj;
show('the peer reads', answer, typeOf(route), route.ingrSedGrp[0].name);
answer = await ssp2('submitGetSedGrpOffersRqst', { sedGrpOfferKey: [offerKey] });
show('the offer', answer, answer.resultObj[0].status);

// Changes ---------------------------------------------------------------------------------------------------------

// What Get returned can be added again.
answer = await ssp2('submitGetRqst', { objKey: [objKey('SedGrp', 'SG_LIFE'), numberKey('TN', '+12025550100')] });
answer = await ssp2('submitAddRqst', { obj: answer.resultObj.map(inBase) });
show('add the read objects again', answer);

// In the order in which they stand, one verb as often as wanted.
answer = await ssp2('submitBatchRqst', {
  $choices: [
    { addObj: obj('TNPType', { ...ssp2Owns, dgName: ['DG_LIFE'], tnPrefix: '+1202556' }) },
    { delObj: rangeKey('+12025551000', '+12025551999') },
    { addObj: obj('RNType', { ...ssp2Owns, dgName: ['DG_LIFE'], rn: '2025550000' }) },
    { delObj: numberKey('TNPrefix', '+1202556') },
  ],
});
show('batch', answer);
answer = await ssp2('submitBatchRqst', {
  $choices: [
    { addObj: obj('DestGrpType', { ...ssp2Owns, dgName: 'DG_OTHER' }) },
    { delObj: numberKey('TNPrefix', '+1202556') },
  ],
});
show('batch with a mistake', answer);
const numbers = ['+12025550101', '+1202555ABCD', '+12025550103'].map((tn) =>
  obj('TNType', { ...ssp2Owns, dgName: ['DG_LIFE'], tn }),
);
show('numbers with a mistake', await ssp2('submitAddRqst', { obj: numbers }));
show('the same in part', await ssp2Partial('submitAddRqst', { obj: numbers }));
answer = await ssp2('submitGetRqst', {
  objKey: [numberKey('TN', '+12025550101'), numberKey('TN', '+12025550103'), objKey('DestGrp', 'DG_OTHER')],
});
show('get', answer, ...answer.resultObj.map(({ tn }) => tn));

// The end ---------------------------------------------------------------------------------------------------------

show('the peer rejects', await ssp3('submitRejectRqst', { sedGrpOfferKey: [offerKey] }));
show('the peer deletes', await ssp3('submitDelRqst', { objKey: [objKey('EgrRte', 'ER_LIFE', ssp3Owns)] }));
const everything = [
  objKey('SedGrp', 'SG_LIFE'),
  objKey('SedRec', 'SED_LIFE'),
  objKey('DestGrp', 'DG_LIFE'),
  numberKey('TN', '+12025550100'),
  numberKey('RN', '2025550000'),
  numberKey('TN', '+12025550101'),
  numberKey('TN', '+12025550103'),
];
show('delete', await ssp2('submitDelRqst', { objKey: everything }));
show('delete again', await ssp2('submitDelRqst', { objKey: everything }));
answer = await ssp2('submitGetRqst', { objKey: everything });
show('get', answer, (answer.resultObj ?? []).length, 'objects');
