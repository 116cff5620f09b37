import { describe, expect, test } from 'vitest';
import { readContentType, readSoapAction } from './content-type.js';

describe('Content-Type', () => {
  test.each([
    ['text/xml', { version: '1.1' }],
    ['TEXT/XML', { version: '1.1' }],
    ['text/xml; charset=utf-8', { version: '1.1', charset: 'utf-8' }],
    ['text/xml;charset="UTF-8"', { version: '1.1', charset: 'utf-8' }],
    ['text/xml ; Charset=UTF-16 ; ', { version: '1.1', charset: 'utf-16' }],
    ['text/xml;;charset=utf-8', { version: '1.1', charset: 'utf-8' }],
    ['text/xml; charset=', { version: '1.1' }],
    ['application/soap+xml', { version: '1.2' }],
    ['Application/SOAP+XML; charset=utf-8', { version: '1.2', charset: 'utf-8' }],
    ['application/soap+xml; action=submitAddRqst', { version: '1.2', action: 'submitAddRqst' }],
    ['application/soap+xml; action="submitAddRqst"', { version: '1.2', action: 'submitAddRqst' }],
    [
      'application/soap+xml; ACTION="a;b=\\"c\\""; charset=utf-8',
      { version: '1.2', action: 'a;b="c"', charset: 'utf-8' },
    ],
    ['application/soap+xml; action=urn:x/y#submitAddRqst', { version: '1.2', action: 'urn:x/y#submitAddRqst' }],
    ['application/soap+xml; action=""', { version: '1.2' }],
    ['application/soap+xml; __proto__=x; constructor=y', { version: '1.2' }],
  ])('%s', (header, read) => {
    expect(readContentType(header)).toEqual(read);
  });

  test.each([
    undefined,
    '',
    'text/html',
    'text/xmlx',
    'application/xml',
    'application/json; charset=utf-8',
    'multipart/related; type="application/xop+xml"',
    '; charset=utf-8',
    'text/xml charset=utf-8',
    'text/xml; charset',
    'text/xml; charset="utf-8',
    'text/xml; charset="utf-8"x',
    'text/xml; charset=utf-8, text/html',
    'text/xml; charset=utf-8; Charset=utf-16',
  ])('%s is not read', (header) => {
    expect(readContentType(header)).toBeUndefined();
  });

  // In quadratic time it would take minutes: the limit of the test is enough.
  test('a long header takes linear time', () => {
    expect(readContentType(`text/xml${'; '.repeat(500_000)}"`)).toBeUndefined();
    expect(readContentType(`text/xml; a="${'\\"'.repeat(500_000)}`)).toBeUndefined();
  });
});

describe('SOAPAction', () => {
  test.each([
    ['submitAddRqst', 'submitAddRqst'],
    ['"submitAddRqst"', 'submitAddRqst'],
    [' "submitAddRqst" ', 'submitAddRqst'],
    ['"urn:x#submitAddRqst"', 'urn:x#submitAddRqst'],
    ['"submitAddRqst', '"submitAddRqst'],
    ['"', '"'],
    ['""', undefined],
    ['" "', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (header, action) => {
    expect(readSoapAction(header)).toBe(action);
  });
});
