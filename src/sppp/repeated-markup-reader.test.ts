import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.js';
import { Envelope } from '../soap/envelope.js';
import { XmlReader } from '../soap/read-xml.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { Decoder } from './decode.js';
import { RepeatedMarkupReader } from './repeated-markup-reader.js';

const limits = { ...defaultXmlLimits, objects: 60, extension: 200, plainBytes: 10_000 };

/** What comes of a message: its items, or why there are none. */
type Outcome = { items: unknown[]; complete: boolean } | { refused: string };

function read(message: string, cuts: readonly number[], withTemplates: boolean): Outcome {
  const decoder: Decoder = new Decoder(limits, () => xml.line);
  const xml = new XmlReader(new Envelope(decoder), limits);
  const feed = withTemplates ? new RepeatedMarkupReader(xml, decoder) : xml;
  const bytes = Buffer.from(message);
  const places = [0, ...cuts.map((cut) => cut % bytes.length).sort((a, b) => a - b), bytes.length];
  try {
    places.slice(1).forEach((end, index) => {
      feed.write(bytes.subarray(places[index], end));
    });
    feed.end();
    return { items: decoder.take(), complete: decoder.complete };
  } catch (error) {
    return { refused: String(error) };
  }
}

function message(...items: string[]): string {
  return `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns:s="urn:ietf:params:xml:ns:sppf:soap:1" xmlns:b="urn:ietf:params:xml:ns:sppf:base:1" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><e:Body><s:spppBatchRequest>${items.join('')}</s:spppBatchRequest></e:Body></e:Envelope>`;
}

const text = fc.oneof(
  { weight: 6, arbitrary: fc.stringMatching(/^[0-9]{3,14}$/) },
  { weight: 4, arbitrary: fc.stringMatching(/^[A-Za-z_ ]{3,12}$/) },
  fc.constantFrom(
    'iana-en:222',
    '&amp;amp',
    '&#49;23',
    '<![CDATA[123]]>',
    '12<!-- -->3',
    'größe',
    '😀😀😀',
    '12\n3',
    '',
    ' 123 ',
    ']]>',
    '12&3',
    '1\r2',
    '\u0007',
    '>>>',
    '<b:x/>',
    '\uFFFE',
    'true',
  ),
);
const space = fc.constantFrom('', '', '', '\n', '\n  ', '<!-- c -->');

/** Items of a few shapes: whole ones, and ones that break the grammar or XML. */
const shapes: readonly ((t: readonly string[], s: string) => string)[] = [
  (t, s) =>
    `${s}<addObj xsi:type="b:TNType"><b:rant>${t[0]}</b:rant><b:rar>${t[1]}</b:rar><b:dgName>${t[2]}</b:dgName><b:tn>${t[3]}</b:tn></addObj>`,
  (t, s) =>
    `${s}<addObj xsi:type="b:DestGrpType">${s}<b:rant>${t[0]}</b:rant><b:rar>${t[1]}</b:rar><b:dgName>${t[2]}</b:dgName></addObj>`,
  (t, s) =>
    `${s}<delObj xsi:type='s:PubIdKeyType'><rant>${t[0]}</rant><range><b:startRange>${t[1]}</b:startRange><b:endRange>${t[2]}</b:endRange></range></delObj>`,
  (t) =>
    `<addObj xsi:type="b:TNType"><b:rant>${t[0]}</b:rant><b:rar>${t[1]}</b:rar><b:tn>${t[2]}</b:tn><b:corInfo><b:corClaim/></b:corInfo><b:sedRecRef><b:sedKey xsi:type="s:ObjKeyType"><rant>${t[0]}</rant><name>${t[3]}</name><type>SedRec</type></b:sedKey><b:priority>5</b:priority></b:sedRecRef></addObj>`,
  (t) =>
    `<addObj xsi:type="b:DestGrpType"><b:rant>${t[0]}</b:rant><b:rar>${t[1]}</b:rar><b:ext><x:a xmlns:x="urn:x">${t[2]}</x:a></b:ext><b:dgName>${t[3]}</b:dgName></addObj>`,
  (t) =>
    `<acceptSedGrpOffer><sedGrpKey><rant>${t[0]}</rant><name>${t[1]}</name><type>SedGrp</type></sedGrpKey><offeredTo>${t[2]}</offeredTo></acceptSedGrpOffer>`,
  (t) =>
    `<addObj xsi:type="b:NSType"><b:rant>${t[0]}</b:rant><b:rar>${t[1]}</b:rar><b:sedName>${t[2]}</b:sedName><b:isInSvc>true</b:isInSvc><b:hostName>ns.example.com</b:hostName><b:ipAddr type="v4"><b:addr>${t[3]}</b:addr></b:ipAddr></addObj>`,
  (t) =>
    `<addObj xsi:type="b:DestGrpType" xmlns:b="urn:ietf:params:xml:ns:sppf:base:1"><b:rant>${t[0]}</b:rant><b:rar>${t[1]}</b:rar><b:dgName>${t[2]}</b:dgName></addObj>`,
  (t) => `<addObj xsi:type="b:DestGrpType"><b:rant>${t[0]}</b:rant></addObj>`,
];

describe('items that repeat the markup of others', () => {
  /** The reader learns of an end tag one event later when it reads on: the line may be the next one. */
  const withoutLine = (outcome: Outcome) =>
    'refused' in outcome ? outcome.refused.replace(/line [0-9]+/, 'line') : outcome;

  it('are read as by the strict reader alone, whatever their texts and however they are cut', () => {
    const item = fc
      .tuple(fc.nat(shapes.length + 5), fc.array(text, { minLength: 4, maxLength: 4 }), space)
      .map(([shape, texts, s]) => (shapes[shape % shapes.length === shape ? shape : 0] ?? shapes[0])?.(texts, s) ?? '');
    const plainItem = fc
      .tuple(
        fc.constantFrom(0, 1, 2, 3, 5),
        fc.array(fc.stringMatching(/^[0-9]{3,14}$/), { minLength: 4, maxLength: 4 }),
      )
      .map(([shape, texts]) => shapes[shape]?.(texts, '') ?? '');
    const items = fc.array(fc.oneof({ weight: 4, arbitrary: plainItem }, item), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(items, fc.array(fc.nat(20_000), { maxLength: 6 }), (list, cuts) => {
        const whole = message(...list);
        expect(withoutLine(read(whole, cuts, true))).toEqual(withoutLine(read(whole, [], false)));
      }),
      runs(1500),
    );
  });

  it('are refused with their line, also behind repeated ones', () => {
    const good = shapes[0]?.(['iana-en:222', 'iana-en:222', 'GRP', '123'], '\n') ?? '';
    const bad = '\n<addObj xsi:type="b:DestGrpType"/>';
    const whole = message(good, good, good, good, bad);
    expect(read(whole, [], true)).toMatchObject({ refused: expect.stringContaining('line 6') });
  });

  it('count towards the limit of objects', () => {
    const one = shapes[0]?.(['iana-en:222', 'iana-en:222', 'GRP', '123'], '') ?? '';
    expect(read(message(...Array<string>(61).fill(one)), [], true)).toEqual(
      read(message(...Array<string>(61).fill(one)), [], false),
    );
  });

  it('do not outlive a change of the wrapper’s scope: a second payload is refused', () => {
    const one = shapes[0]?.(['iana-en:222', 'iana-en:222', 'GRP', '123'], '') ?? '';
    const two = message(one, one, one).replace('</e:Body>', `<s:spppBatchRequest>${one}</s:spppBatchRequest></e:Body>`);
    expect(read(two, [], true)).toEqual(read(two, [], false));
  });
});
