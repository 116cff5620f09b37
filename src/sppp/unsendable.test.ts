import { describe, expect, it } from 'vitest';
import { unsendable } from './unsendable.js';

const tn = {
  kind: 'TNType',
  rant: 'iana-en:222',
  rar: 'iana-en:223',
  dgName: ['DG'],
  tn: '+12025550100',
  sedRecRef: [],
};
const naptr = {
  kind: 'NAPTRType',
  rant: 'a:1',
  rar: 'a:1',
  sedName: 'REC',
  isInSvc: true,
  order: 1,
  svcs: 'E2U+sip',
  repl: 'x.',
};
const pubIdKey = { kind: 'PubIdKeyType', rant: 'a:1', number: { value: '1', type: 'TN' } };

function faultOf(subject: unknown, verb = 'add'): readonly unknown[] | undefined {
  const fault = unsendable({ verb, subject });
  return fault && [fault.code, fault.attr?.attrName, fault.attr?.attrVal, fault.reason];
}

describe('what is no object of its type', () => {
  it.each([
    ['nothing', undefined, ['kind', 'undefined', 'no type of objects']],
    ['a text', 'TNType', ['kind', 'undefined', 'no type of objects']],
    ['a kind that is none', { ...tn, kind: 'TN' }, ['kind', 'TN', 'no type of objects']],
    ['a key in place of an object', pubIdKey, ['kind', 'PubIdKeyType', 'no type of objects']],
    ['a missing element', { ...tn, tn: undefined }, ['tn', '', 'missing']],
    ['a list that is none', { ...tn, dgName: 'DG' }, ['dgName', 'DG', 'not a list']],
    ['a number that is none', { ...naptr, order: Number.NaN }, ['order', 'NaN', 'not a single value']],
    ['an object in place of a text', { ...tn, tn: { a: 1 } }, ['tn', '{"a":1}', 'not a single value']],
    ['null', { ...tn, tn: null }, ['tn', 'null', 'not a single value']],
    ['a text in place of an object', { ...naptr, regx: 'x' }, ['regx', 'x', 'not an object']],
    [
      'a reference to what is no record',
      { ...tn, sedRecRef: [{ sedKey: { kind: 'PubIdKeyType' }, priority: 1 }] },
      ['sedKey', 'PubIdKeyType', 'no kind that can stand here'],
    ],
    [
      'an ext that is no XML',
      { ...tn, ext: '<a xmlns="b">' },
      ['ext', '<a xmlns="b">', expect.stringContaining('line 1')],
    ],
    ['an ext that ends before its end', { ...tn, ext: '</ext><ext>' }, ['ext', '</ext><ext>', expect.any(String)]],
    ['an ext of text', { ...tn, ext: 'note' }, ['ext', 'note', 'ext holds elements, not text']],
    ['an ext without namespace', { ...tn, ext: '<a/>' }, ['ext', '<a/>', 'a in ext must be of another namespace']],
  ])('%s', (_, subject, [name, value, reason]) => {
    expect(faultOf(subject)).toEqual([2000, name, value, reason]);
  });

  it.each(['accept', 'reject'])('any other key than that of an offer, to %s', (verb) => {
    const reason = 'no type of keys of offers';
    expect(faultOf(pubIdKey, verb)).toEqual([2000, 'kind', 'PubIdKeyType', reason]);
  });

  it('a key that names two things', () => {
    const reason = 'beside another one of number or range or uri';
    expect(faultOf({ ...pubIdKey, uri: 'sip:a@b.example' }, 'delete')).toEqual([2000, 'uri', '', reason]);
  });

  it('an object that contains itself', () => {
    const itself: Record<string, unknown> = {};
    itself.again = itself;
    const reason = 'not a single value';
    expect(faultOf({ ...tn, tn: itself })).toEqual([2000, 'tn', 'an object that contains itself', reason]);
    expect(faultOf({ ...tn, tn: 5n })).toEqual([2000, 'tn', '5', reason]);
  });

  it('a key without the one thing that it names', () => {
    expect(faultOf({ kind: 'PubIdKeyType', rant: 'a:1' }, 'delete')).toEqual([
      2000,
      'number or range or uri',
      '',
      'missing',
    ]);
  });
});

describe('a text that XML cannot hold', () => {
  it.each(['a\0', '\ud800', '\ufffe', 'a\u001b[0m'])('%j', (text) => {
    expect(faultOf({ ...tn, dgName: ['DG', text] })).toEqual([
      2101,
      'dgName',
      text,
      'it has a character that XML cannot hold',
    ]);
  });
});

describe('what can be written, whatever the server says of it', () => {
  it.each([
    ['a number', tn],
    ['lists that are left out', { ...tn, dgName: undefined, sedRecRef: undefined }],
    ['an invalid number', { ...tn, tn: 'abc' }],
    ['characters of all kinds', { ...tn, dgName: ['<&>"\'\t\r\n', '\ufffd', '😀'] }],
    ['an extension', { ...tn, ext: '<x:a xmlns:x="urn:x" b="1">t</x:a>' }],
  ])('%s', (_, subject) => {
    expect(faultOf(subject)).toBeUndefined();
  });
});
