import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyKey, anyObj, keyOf, keyTypes, ruleOf } from '../../test/support/arbitrary.js';
import { runs } from '../../test/support/runs.js';
import '../../test/support/patient.js';
import { Envelope } from '../soap/envelope.js';
import { XmlReader } from '../soap/read-xml.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { type Answer, AnswerDecoder } from './decode-answer.js';
import { encodeResponse } from './encode.js';
import { type RequestRule, requests, type Verb } from './grammar.js';
import type { Detail, SpppResponse } from './message.js';
import { about, message, type Result } from './result.js';

function read(rule: RequestRule, xml: string) {
  const decoder = new AnswerDecoder(rule);
  const reader = new XmlReader(new Envelope(decoder), { ...defaultXmlLimits, depth: 64 });
  reader.write(Buffer.from(xml));
  reader.end();
  return decoder.answer;
}

const written = (response: SpppResponse) => [...encodeResponse('1.1', response)].join('');

const result: fc.Arbitrary<Result> = fc.oneof(
  fc.constant({ code: 1000 as const }),
  fc.record({
    code: fc.constantFrom(2101 as const, 2102 as const, 2103 as const),
    attr: fc.record({
      attrName: fc.constantFrom('tn', 'dgName', 'range', 'ext'),
      attrVal: fc.constantFrom('', '+1202X', 'a <b> & "c"', 'é😀', 'x'.repeat(300), 'open ( and ) close'),
    }),
    reason: fc.constantFrom('why', 'a (b) c', 'é; object 1'),
  }),
);

const offerKey = keyTypes.find(({ name }) => name === 'SedGrpOfferKeyType');
const subjectOf = (verb: Verb) => {
  if (verb === 'add') return anyObj;
  return verb === 'delete' || offerKey === undefined ? anyKey : keyOf(offerKey);
};

function responseOf(rule: RequestRule): fc.Arbitrary<SpppResponse> {
  const verbs = rule.kind === 'change' ? [...rule.verbs.values()] : [];
  const detail = verbs.map((verb) => fc.record({ verb: fc.constant(verb), subject: subjectOf(verb), result }));
  return fc
    .record({
      details: detail.length === 0 ? fc.constant([]) : fc.array(fc.oneof(...detail), { maxLength: 4 }),
      resultObjs: rule.kind === 'change' ? fc.constant([]) : fc.array(anyObj, { maxLength: 4 }),
      clientTransId: fc.constantFrom(undefined, 'client <1>'),
    })
    .map(({ details, resultObjs, clientTransId }) => ({
      ...{ rule, serverTransId: 'server-1', overall: { code: 2100 as const }, resultObjs },
      ...(clientTransId === undefined || !rule.hasTransIds ? {} : { clientTransId }),
      details: (details as readonly object[]).map((each, index) => ({ ...each, index }) as unknown as Detail),
    }));
}

/** What is to be read of a response. */
function expected({ rule, clientTransId, serverTransId, overall, details = [], resultObjs }: SpppResponse): unknown {
  return {
    ...(rule.hasTransIds ? { serverTransId } : {}),
    ...(clientTransId === undefined ? {} : { clientTransId }),
    ...{ code: overall.code, msg: message(overall), resultObjs },
    details: details.map((detail) => {
      const { verb, subject, result: told } = detail;
      const isFailed = told.code !== 1000;
      const { attrName = '', attrVal = '' } = told.attr ?? {};
      const failure = { index: detail.index + 1, attrName, attrVal };
      return {
        ...{ verb, subject, code: told.code, msg: message(isFailed ? about(told, detail) : told) },
        failure: isFailed && verb === 'add' ? failure : undefined,
      };
    }),
  };
}

describe('an answer that this server writes', () => {
  it.each(requests.filter(({ kind }) => kind !== 'status').map((rule) => [rule.operation, rule] as const))(
    'is read as what it was: %s',
    (_, rule) => {
      fc.assert(
        fc.property(responseOf(rule), (response) => {
          expect(read(rule, written(response))).toEqual(expected(response));
        }),
        runs(100),
      );
    },
  );

  it('about its state has the menu', () => {
    const rule = ruleOf('submitServerStatusRqst');
    const svcMenu = { serverStatus: 'inService', majMinVersion: ['1.0', '1.1'], objURI: ['a'], extURI: [] } as const;
    const response = { rule, serverTransId: 'x', overall: { code: 1000 as const }, svcMenu };
    expect(read(rule, written(response))).toMatchObject({ code: 1000, svcMenu });
  });
});

describe('an answer of another server', () => {
  const rule = ruleOf('submitAddRqst');
  const payload = (content: string) =>
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>${content}</e:Body></e:Envelope>`;
  const answer = (content: string) =>
    payload(
      `<spppAddResponse xmlns="urn:x" xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><overallResult><code>2100</code><msg> no </msg></overallResult>${content}</spppAddResponse>`,
    );

  it('may have elements that are not known, and values that are not of their types', () => {
    const content = `<news><a>1</a></news><detailResult><code>2101</code><msg>bad</msg><obj i:type="TNType"><rant>x</rant><rar>y</rar><tn>no number</tn><more/></obj></detailResult>`;
    const { details, msg } = read(rule, answer(content)) as Answer;
    expect(msg).toBe('no');
    expect(details).toMatchObject([{ code: 2101, subject: { kind: 'TNType', tn: 'no number' }, failure: undefined }]);
  });

  it('may tell of an object of no type that is known', () => {
    const content = `<detailResult><code>2101</code><msg>bad</msg><obj i:type="Other"><a>1</a></obj></detailResult>`;
    expect(read(rule, answer(content))).toMatchObject({ details: [{ code: 2101, subject: undefined }] });
  });

  it('may be a fault of SOAP 1.1 or 1.2', () => {
    const fault = '<e:Fault><faultcode>e:Server</faultcode><faultstring>broken</faultstring></e:Fault>';
    expect(read(rule, payload(fault))).toEqual({ faultCode: 'Server', reason: 'broken' });
    const newer =
      '<e:Fault><e:Code><e:Value>e:Receiver</e:Value></e:Code><e:Reason><e:Text>broken</e:Text></e:Reason></e:Fault>';
    expect(read(rule, payload(newer))).toEqual({ faultCode: 'Receiver', reason: 'broken' });
  });

  it('is none if it is another element, or has no result', () => {
    expect(read(rule, payload('<spppDelResponse/>'))).toBeUndefined();
    expect(read(rule, payload('<spppAddResponse/>'))).toBeUndefined();
  });
});
