/** The messages of RFC 7878 §10, sent in the RFC's order, against the answers that the RFC prints. */

import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRequest, type Owner, obj, readAnswer } from '../support/message.js';
import { linesOf } from '../support/outline-of-message.js';
import { hasRfcExamples, rfcExamples } from '../support/rfc-examples.js';
import { validateMessage } from '../support/schema.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';
import '../support/long-timeouts.js';

if (!hasRfcExamples) {
  process.stderr.write(
    'conformance.test.ts is skipped: the example messages of RFC 7878 §10 are no part of this repository, and they are ' +
      'not in ../shared/spec/examples.\n',
  );
}

/** One section of RFC 7878 §10. Rows are sent one after the other to one registry. */
interface Example {
  readonly section: string;
  readonly as: UserName;
  /** Requests that must succeed first, if the sections do not follow from each other. */
  readonly before?: readonly Precondition[];
  /** Changes the printed request so that it can be carried out. */
  readonly repair?: (request: string) => string;
  /** The reason why our answer differs from the printed one. */
  readonly divergence?: Divergence;
}

interface Precondition {
  readonly as: UserName;
  /** A section of §10, or a message. */
  readonly send: string;
}

interface Divergence {
  readonly why: string;
  /** Lines of the outline that only the RFC's answer has, and that only ours has. */
  readonly rfcOnly: readonly string[];
  readonly oursOnly: readonly string[];
}

const ssp3 = { rant: 'iana-en:225', rar: 'iana-en:225' };
const ssp4 = { rant: 'iana-en:226', rar: 'iana-en:226' };

/** As printed in the answer of §10.17; §10.11 adds another one, to another registrant. */
const egressRoute = obj(
  'EgrRteType',
  `<b:egrRteName>EGR_RTE_01</b:egrRteName><b:pref>50</b:pref>
   <b:regxRewriteRule><b:ere>^(.*)$</b:ere><b:repl>sip:\\1@sbe1.ssp1.example.com</b:repl></b:regxRewriteRule>
   <b:ingrSedGrp xsi:type="s:ObjKeyType"><rant>iana-en:222</rant><name>SED_GRP_SSP2_1</name><type>SedGrp</type></b:ingrSedGrp>`,
  { rant: 'iana-en:111', rar: 'iana-en:111' },
);

function sedGrp(name: string, owner?: Owner): string {
  const content = `<b:sedGrpName>${name}</b:sedGrpName><b:isInSvc>true</b:isInSvc><b:priority>10</b:priority>`;
  return obj('SedGrpType', content, owner);
}

/** A group and its offer to SSP2. */
function offering(name: string, owner: Required<Owner>): string {
  const key = `<sedGrpKey><rant>${owner.rant}</rant><name>${name}</name><type>SedGrp</type></sedGrpKey>`;
  const offer = `<b:sedGrpOfferKey xsi:type="s:SedGrpOfferKeyType">${key}<offeredTo>iana-en:222</offeredTo></b:sedGrpOfferKey>
    <b:status>offered</b:status><b:offerDateTime>2026-01-01T00:00:00Z</b:offerDateTime>`;
  return addRequest(sedGrp(name, owner), obj('SedGrpOfferType', offer, owner));
}

const secondSedRec = 'spppGetResponse/resultObj/sedRecRef[2]';

const examples: readonly Example[] = [
  { section: '01', as: 'ssp2r' },
  { section: '02', as: 'ssp2r' },
  { section: '03', as: 'ssp2r' },
  { section: '04', as: 'ssp2r' },
  { section: '05', as: 'ssp2r' },
  { section: '06', as: 'ssp2r' },
  { section: '07', as: 'ssp2r' },
  { section: '08', as: 'ssp2r' },
  { section: '09', as: 'ssp2r' },
  { section: '10', as: 'ssp1' },
  { section: '11', as: 'ssp2r' },
  { section: '12', as: 'ssp1' },
  { section: '13', as: 'ssp2r' },
  { section: '14', as: 'ssp2r' },
  {
    section: '15',
    as: 'ssp2r',
    divergence: {
      why: 'the group was added with one SED record (§10.4); nothing ever added the second one that is printed here',
      rfcOnly: [
        `${secondSedRec}/sedKey of type ObjKeyType`,
        `${secondSedRec}/sedKey/rant = iana-en:222`,
        `${secondSedRec}/sedKey/name = SED_SSP2_SBE4`,
        `${secondSedRec}/sedKey/type = SedRec`,
        `${secondSedRec}/priority = 101`,
      ],
      oursOnly: [],
    },
  },
  // §10.12 rejected the offer that §10.16 prints, so it is made once more.
  { section: '16', as: 'ssp1', before: [{ as: 'ssp2r', send: '09' }] },
  {
    section: '17',
    as: 'ssp1',
    before: [
      { as: 'ssp1', send: '10' },
      { as: 'ssp1', send: addRequest(egressRoute) },
    ],
    divergence: {
      why: 'the printed route is of another registrant than the key, and calls its SED group a SED record',
      rfcOnly: [
        'spppGetResponse/resultObj/rant = iana-en:222',
        'spppGetResponse/resultObj/rar = iana-en:223',
        'spppGetResponse/resultObj/ingrSedGrp/type = SedRec',
      ],
      oursOnly: [
        'spppGetResponse/resultObj/rant = iana-en:111',
        'spppGetResponse/resultObj/rar = iana-en:111',
        'spppGetResponse/resultObj/ingrSedGrp/type = SedGrp',
      ],
    },
  },
  { section: '18', as: 'ssp2r' },
  { section: '19', as: 'ssp2r' },
  { section: '20', as: 'ssp2r' },
  // §10.20 deleted the group and its offers with it.
  { section: '21', as: 'ssp2r', before: ['01', '04', '09'].map((send) => ({ as: 'ssp2r', send })) },
  { section: '22', as: 'ssp1' },
  {
    section: '23',
    as: 'ssp2r',
    divergence: {
      why: 'the NAPTR lacks isInSvc, which the schema demands, and a clientTransId is always echoed',
      rfcOnly: ['spppBatchResponse/overallResult/code = 1000'],
      oursOnly: ['spppBatchResponse/clientTransId = txn_1467', 'spppBatchResponse/overallResult/code = 2000'],
    },
  },
  {
    section: '23',
    as: 'ssp2r',
    before: [
      { as: 'ssp2r', send: '05' },
      { as: 'ssp2r', send: addRequest(sedGrp('SED_GRP_SSP2_Previous')) },
      { as: 'ssp3', send: offering('SED_SSP3_SBE1_Offered', ssp3) },
      { as: 'ssp4', send: offering('SED_SSP4_SBE1_Offered', ssp4) },
    ],
    repair: (request) => request.replace('<urn1:order>', '<urn1:isInSvc>true</urn1:isInSvc><urn1:order>'),
    divergence: {
      why: 'a clientTransId is always echoed (RFC 7878 §7.2.5)',
      rfcOnly: [],
      oursOnly: ['spppBatchResponse/clientTransId = txn_1467'],
    },
  },
];

/** Requests of §10 that the schemas of RFC 7877 §12 and RFC 7878 §9 refuse, although they are printed as valid. */
const invalid = new Map([
  ['07', /startTn/],
  ['23', /order.*isInSvc/s],
]);

describe.skipIf(!hasRfcExamples)('RFC 7878 §10', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  it.each(examples.map((example) => [titleOf(example), example] as const))('%s', async (_, example) => {
    for (const { as, send } of example.before ?? []) {
      const { text } = await server.post(/^\d\d$/.test(send) ? message(send, 'request') : send, { as });
      expect(readAnswer(text), `precondition ${send}`).toMatchObject({ code: 1000 });
    }
    const printed = message(example.section, 'request');
    const request = example.repair?.(printed) ?? printed;
    const { status, text } = await server.post(request, { as: example.as });
    expect(status).toBe(200);

    const ours = linesOf(text);
    const rfc = linesOf(message(example.section, 'response'));
    const { rfcOnly, oursOnly }: Pick<Divergence, 'rfcOnly' | 'oursOnly'> = example.divergence ?? {
      rfcOnly: [],
      oursOnly: [],
    };
    expect(rfc).toEqual(expect.arrayContaining([...rfcOnly]));
    expect(ours).toEqual(expect.arrayContaining([...oursOnly]));
    expect(ours.filter((line) => !oursOnly.includes(line))).toEqual(rfc.filter((line) => !rfcOnly.includes(line)));
  });

  it('prints valid messages, except for two requests', () => {
    const files = hasRfcExamples ? readdirSync(rfcExamples).filter((file) => file.endsWith('.xml')) : [];
    expect(files).toHaveLength(46);
    for (const file of files) {
      const reasons = validateMessage(readFileSync(new URL(file, rfcExamples), 'utf8')).join('\n');
      const expected = file.endsWith('-request.xml') ? invalid.get(file.slice(0, 2)) : undefined;
      if (expected === undefined) expect(reasons, file).toBe('');
      else expect(reasons, file).toMatch(expected);
    }
  });
});

function titleOf({ section, as, repair, divergence }: Example): string {
  const how = `${as} sends §10.${Number(section)}${repair === undefined ? '' : ', repaired,'}`;
  return divergence === undefined
    ? `${how} and gets the printed answer`
    : `${how} and gets another answer: ${divergence.why}`;
}

function message(section: string, kind: 'request' | 'response'): string {
  const file = readdirSync(rfcExamples).find((name) => name.startsWith(section) && name.endsWith(`-${kind}.xml`));
  if (file === undefined) throw new Error(`no ${kind} of §10.${section}`);
  return readFileSync(new URL(file, rfcExamples), 'utf8');
}
