import { describe, expect, it } from 'vitest';
import { decode } from '../../test/support/decoding.js';
import { addRequest, delRequest, envelope } from '../../test/support/message.js';

const encoding = 'xmlns:enc="http://www.w3.org/2003/05/soap-encoding"';
const group = (name: string, attributes = '', ext = '') =>
  `<obj xsi:type="b:DestGrpType"${attributes}><b:rant>iana-en:222</b:rant><b:rar>iana-en:223</b:rar>${ext}<b:dgName>${name}</b:dgName></obj>`;
const note = (content = 'x') => `<n:note xmlns:n="urn:n">${content}</n:note>`;

function read(xml: string, limits = {}) {
  const { items, refused, fault } = decode(xml, limits);
  expect(fault).toBeUndefined();
  return { items, refused: refused?.reason };
}

describe('an element that names another by its id', () => {
  it.each([
    ['SOAP 1.1', 'id="ref1"', 'href="#ref1"'],
    ['SOAP 1.2, as PHP writes it', `${encoding} enc:id="ref1"`, `${encoding} enc:ref="#ref1"`],
    ['SOAP 1.2, as the standard has it', `${encoding} enc:id="ref1"`, `${encoding} enc:ref="ref1"`],
  ])('stands for it: an extension in %s', (_, id, href) => {
    const { items, refused } = read(
      addRequest(
        group('ONE', '', `<b:ext ${id}>${note()}</b:ext>`),
        group('TWO', '', `<b:ext ${href}/>`),
        group('THREE', '', `<b:ext ${href}> </b:ext>`),
      ),
    );
    expect(refused).toBeUndefined();
    expect(items.map(({ subject }) => subject)).toMatchObject(
      ['ONE', 'TWO', 'THREE'].map((dgName) => ({ dgName, ext: note() })),
    );
  });

  it('stands for it: a struct inside an object, of one type or of several', () => {
    const key = (attributes: string, content: string) => `<b:sedKey ${attributes}>${content}</b:sedKey>`;
    const name = '<rant>iana-en:222</rant><name>REC_A</name><type>SedRec</type>';
    const refs = (...keys: string[]) =>
      keys.map((sedKey, n) => `<b:sedRecRef>${sedKey}<b:priority>${n}</b:priority></b:sedRecRef>`).join('');
    const tn = `<obj xsi:type="b:TNType"><b:rant>iana-en:222</b:rant><b:rar>iana-en:223</b:rar><b:tn>+12025550100</b:tn>${refs(
      key('id="k" xsi:type="s:ObjKeyType"', name),
      key('href="#k"', ''),
      key('href="#k" xsi:type="s:ObjKeyType"', ''),
    )}</obj>`;
    const { items, refused } = read(addRequest(tn));
    expect(refused).toBeUndefined();
    const sedKey = { rant: 'iana-en:222', name: 'REC_A', type: 'SedRec' };
    expect(items[0]?.subject).toMatchObject({
      sedRecRef: [0, 1, 2].map((priority) => ({ priority, sedKey })),
    });
  });

  it('stands for it: a whole object or key, which is then there twice', () => {
    const { items, refused } = read(addRequest(group('ONE', ' id="o"'), '<obj href="#o"/>', group('TWO')));
    expect(refused).toBeUndefined();
    expect(items.map(({ index, subject }) => [index, (subject as { dgName?: string }).dgName])).toEqual([
      [0, 'ONE'],
      [1, 'ONE'],
      [2, 'TWO'],
    ]);
    const number = '<rant>iana-en:222</rant><number id="n"><b:value>1</b:value><b:type>TN</b:type></number>';
    const keys = delRequest(
      `<objKey xsi:type="s:PubIdKeyType">${number}</objKey>`,
      '<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant><number href="#n"/></objKey>',
    );
    const [first, second] = read(keys).items;
    expect({ ...second, index: 0 }).toEqual(first);
  });

  it('has its flaw, and no flaw from before it', () => {
    const bad = 'x'.repeat(50);
    const objects = [
      group('A', '', `<b:ext id="long">${note(bad)}</b:ext>`),
      group('BEE', '', '<b:ext href="#long"/>'),
      group('A', '', `<b:ext id="short">${note()}</b:ext>`),
      group('SEA', '', '<b:ext href="#short"/>'),
    ];
    const { items } = read(addRequest(...objects), { extension: 60 });
    expect(items.map(({ flaw }) => flaw?.attrName)).toEqual(['ext', 'ext', 'dgName', undefined]);
  });

  it.each([
    ['that stands nowhere', group('ONE', '', '<b:ext href="#other"/>')],
    ['that comes later', group('ONE', '', '<b:ext href="#a"/>') + group('TWO', '', `<b:ext id="a">${note()}</b:ext>`)],
    ['that it stands in', group('ONE', ' id="a"', '<b:ext href="#a"/>')],
    ['of another type', group('ONE', ' id="a"') + group('TWO', '', '<b:ext href="#a"/>')],
    [
      'and holds something',
      group('ONE', '', `<b:ext id="a">${note()}</b:ext>`) + group('TWO', '', `<b:ext href="#a">${note()}</b:ext>`),
    ],
    [
      'and holds a text',
      group('ONE', '', `<b:ext id="a">${note()}</b:ext>`) + group('TWO', '', '<b:ext href="#a">x</b:ext>'),
    ],
    ['that is there twice', group('ONE', ' id="a"') + group('TWO', ' id="a"')],
    ['of one text', group('ONE').replace('<b:dgName>', '<b:dgName id="a">')],
    ['with an attribute that is none', group('ONE', ' idref="a"')],
    ['in the namespace of SPPP', group('ONE', ' b:id="a"')],
  ])('%s is 2000', (_, objects) => {
    const { refused } = decode(addRequest(objects));
    expect(refused?.code).toBe(2000);
  });

  it('cannot blow a message up: referenced values count each time', () => {
    const long = note('y'.repeat(10_000));
    const many = Array.from({ length: 9 }, (_, n) => group(`G_${n}_`, '', '<b:ext href="#a"/>'));
    const first = group('ONE', '', `<b:ext id="a">${long}</b:ext>`);
    expect(read(addRequest(first, ...many), { plainBytes: 100_000 }).refused).toBeUndefined();
    expect(read(addRequest(first, ...many), { plainBytes: 80_000 }).refused).toContain('longer than 80000');
  });

  it('does not hold a message in memory: the stored size is limited', () => {
    const long = note('y'.repeat(16_000));
    const objects = Array.from({ length: 100 }, (_, n) => group(`G_${n}_`, '', `<b:ext id="r${n}">${long}</b:ext>`));
    const named = (n: number) => read(addRequest(...objects, group('LAST', '', `<b:ext href="#r${n}"/>`))).refused;
    expect(named(0)).toContain('nothing refers to it');
    expect(named(99)).toContain('nothing before it has the id "r99"');
  });

  it('has no meaning inside extensions or on the wrapper', () => {
    const inner = '<n:note xmlns:n="urn:n" id="a"/><n:note xmlns:n="urn:n" href="#b"/>';
    const { items, refused } = read(addRequest(group('ONE', '', `<b:ext>${inner}</b:ext>`)));
    expect(refused).toBeUndefined();
    expect(items[0]?.subject).toMatchObject({ ext: expect.stringContaining('href="#b"') });
    expect(decode(envelope('<s:spppServerStatusRequest id="a"/>')).refused?.code).toBe(2000);
  });
});
