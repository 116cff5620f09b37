import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { XmlDocument } from 'libxml2-wasm';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/support/runs.js';
import { schemaNamed, singleWsdlAt, wsdlAt } from './wsdl.js';

const address = 'http://127.0.0.1:8080/sppp/partial';
const written = readFileSync(new URL('../../wsdl/sppp.wsdl', import.meta.url), 'utf8');

/** Values of every attribute of this name, in document order, with escapes undone. */
function attributes(xml: string, name: string): string[] {
  const document = XmlDocument.fromString(xml);
  try {
    return document.find(`//@${name}`).map((attribute) => attribute.content);
  } finally {
    document.dispose();
  }
}

const schemas = ['sppfbase.xsd', 'sppp-detail.xsd'];
const imported = (at: string) => schemas.map((name) => `${at}?xsd=${name}`);

describe('wsdlAt', () => {
  it('points both ports to the address and imports the schemas from beside it', () => {
    const served = wsdlAt(address);
    expect(attributes(served, 'location')).toEqual([address, address]);
    expect(attributes(served, 'schemaLocation')).toEqual(imported(address));
  });

  it('changes nothing else', () => {
    const restored = wsdlAt('REPLACE_WITH_ACTUAL_URL').replaceAll('REPLACE_WITH_ACTUAL_URL?xsd=', '');
    expect(restored).toBe(written);
  });

  it('keeps one call apart from the next', () => {
    wsdlAt('http://first.example/sppp');
    expect(attributes(wsdlAt(address), 'location')).toEqual([address, address]);
  });

  it.each([
    'http://a"/><wsdl:port name="evil"/><x y="',
    "http://a'&amp;&b",
    'http://a/-->]]><!--',
    'http://a/&lt;&#60;$&$1',
    'http://a/constructor?__proto__',
  ])('carries the address %s as mere text', (hostile) => {
    const served = wsdlAt(hostile);
    expect(attributes(served, 'location')).toEqual([hostile, hostile]);
    expect(attributes(served, 'schemaLocation')).toEqual(imported(hostile));
  });

  it('carries any printable address as mere text', () => {
    const printable = fc.string({ unit: fc.constantFrom(...'az&<>"\'#;:/?$-=[]!%\\') });
    fc.assert(
      fc.property(printable, (any) => {
        expect(attributes(wsdlAt(any), 'location')).toEqual([any, any]);
      }),
      runs(50),
    );
  });
});

describe('singleWsdlAt', () => {
  it('contains every schema, imports nothing, and is otherwise the same', () => {
    const single = singleWsdlAt(address);
    expect(attributes(single, 'schemaLocation')).toEqual([]);
    expect(attributes(single, 'location')).toEqual([address, address]);
    expect(attributes(single, 'targetNamespace')).toEqual([
      'urn:ietf:params:xml:ns:sppf:soap:1',
      'urn:ietf:params:xml:ns:sppf:base:1',
      'urn:sppp-server:detail:1',
      'urn:ietf:params:xml:ns:sppf:soap:1',
    ]);
    const named = (xml: string) => attributes(xml, 'name').sort();
    const all = [written, ...schemas.map((name) => schemaNamed(name) ?? '')];
    expect(named(single)).toEqual(all.flatMap(named).sort());
  });
});

describe('documentation', () => {
  it.each([
    ['the WSDL', written],
    ['the base schema', schemaNamed('sppfbase.xsd') ?? ''],
    ['the schema of details', schemaNamed('sppp-detail.xsd') ?? ''],
  ])('of %s stands where toolkits read it, not in comments', (_, xml) => {
    expect(xml).not.toContain('<!--');
    expect(xml).toContain('documentation>');
  });

  it('begins with the name of the WSDL', () => {
    const document = XmlDocument.fromString(written);
    expect(document.root.attr('name')?.value).toBe('sppp');
    document.dispose();
  });
});

describe('schemaNamed', () => {
  it.each(schemas)('gives %s as it is', (name) => {
    expect(schemaNamed(name)).toBe(readFileSync(new URL(`../../wsdl/${name}`, import.meta.url), 'utf8'));
  });

  it.each(['', 'sppp.wsdl', 'SPPFBASE.XSD', '../sppfbase.xsd', './sppfbase.xsd', 'sppfbase.xsd\0', '__proto__'])(
    'knows no schema named %j',
    (name) => {
      expect(schemaNamed(name)).toBeUndefined();
    },
  );
});
