import { describe, expect, test } from 'vitest';
import { readInto, XmlRecorder } from '../../test/support/record-xml.js';
import { Envelope } from './envelope.js';
import type { SoapVersion } from './version.js';

const namespaces: Record<SoapVersion, string> = {
  '1.1': 'http://schemas.xmlsoap.org/soap/envelope/',
  '1.2': 'http://www.w3.org/2003/05/soap-envelope',
};

function read(document: string) {
  const payload = new XmlRecorder();
  const envelope = new Envelope(payload);
  const fault = readInto(envelope, document);
  return { code: fault?.code, reason: fault?.reason, fault, version: envelope.version, events: payload.events };
}

describe.each(['1.1', '1.2'] as const)('SOAP %s', (version) => {
  const inEnvelope = (content: string) => `<S:Envelope xmlns:S="${namespaces[version]}">${content}</S:Envelope>`;
  const withHeader = (header: string) => inEnvelope(`<S:Header>${header}</S:Header><S:Body><p/></S:Body>`);
  const role = version === '1.1' ? 'actor' : 'role';

  test('the payload, and nothing else, is passed on', () => {
    const document = inEnvelope(
      ' <S:Header> <h>not this</h> </S:Header> <!-- nor this --> <S:Body a="b"> <p c="d"> x<q/><S:Body/> </p>\r\n</S:Body> ',
    );
    expect(read(document)).toMatchObject({
      version,
      fault: undefined,
      events: ['<{}p {}c="d">', '" x"', '<{}q>', '</>', `<{${namespaces[version]}}Body>`, '</>', '" "', '</>'],
    });
  });

  test('prefixes declared around the payload hold inside it', () => {
    const envelope = `<Envelope xmlns="${namespaces[version]}" xmlns:p="urn:p"><Body><p:q xmlns=""><r/></p:q></Body></Envelope>`;
    expect(read(envelope).events).toEqual(['<{urn:p}q>', '<{}r>', '</>', '</>']);
  });

  test.each([
    ['no Body', '', 'the Envelope has no Body'],
    ['a Header alone', '<S:Header/>', 'the Envelope has no Body'],
    ['an empty Body', '<S:Body/>', 'the Body is empty'],
    ['an empty Body but for white space', '<S:Body> <!-- --> </S:Body>', 'the Body is empty'],
    ['two payloads', '<S:Body><p/><p/></S:Body>', 'the Body holds more than one element'],
    ['two Bodies', '<S:Body><p/></S:Body><S:Body><p/></S:Body>', '"Body" is not where'],
    ['two Headers', '<S:Header/><S:Header/><S:Body><p/></S:Body>', '"Header" is not where'],
    ['a Header after the Body', '<S:Body><p/></S:Body><S:Header/>', '"Header" is not where'],
    ['something after the Body', '<S:Body><p/></S:Body><x/>', '"x" is not where'],
    ['something before the Body', '<x/><S:Body><p/></S:Body>', '"x" is not where'],
    ['a Body in no namespace', '<Body><p/></Body>', '"Body" is not where'],
    ['a Header in no namespace', '<Header/><S:Body><p/></S:Body>', '"Header" is not where'],
    ['text in the Envelope', 'x<S:Body><p/></S:Body>', 'there is text between'],
    ['text in the Header', '<S:Header>x</S:Header><S:Body><p/></S:Body>', 'there is text between'],
    ['text in the Body', '<S:Body><p/>x</S:Body>', 'there is text between'],
    ['a no-break space in the Body', '<S:Body>\u00a0<p/></S:Body>', 'there is text between'],
  ])('%s is refused', (_, content, reason) => {
    const refused = read(inEnvelope(content));
    expect(refused.code).toBe('Client');
    expect(refused.reason).toContain(reason);
  });

  test('parts of the other version are refused', () => {
    const other = namespaces[version === '1.1' ? '1.2' : '1.1'];
    expect(read(inEnvelope(`<O:Body xmlns:O="${other}"><p/></O:Body>`)).code).toBe('Client');
  });

  test('header blocks are skipped, whatever they hold', () => {
    expect(read(withHeader('<x>text<S:Body><y/></S:Body></x><z/>'))).toMatchObject({
      fault: undefined,
      events: ['<{}p>', '</>'],
    });
  });

  test.each(['1', 'true', ' 1 '])('a block with mustUnderstand="%s" is a fault that names it', (value) => {
    const refused = read(withHeader(`<a/><h:Security xmlns:h="urn:h" S:mustUnderstand="${value}"/>`));
    expect(refused.code).toBe('MustUnderstand');
    expect(refused.fault?.notUnderstood).toMatchObject({ uri: 'urn:h', local: 'Security' });
    expect(refused.events).toEqual([]);
  });

  test.each([
    'mustUnderstand="1"',
    'S:mustUnderstand="0"',
    'S:mustUnderstand="false"',
    `S:mustUnderstand="1" S:${role}="http://example.org/somebody"`,
    `S:${role}="http://example.org/somebody" S:mustUnderstand="maybe"`,
  ])('a block with %s is skipped', (attributes) => {
    expect(read(withHeader(`<h:x xmlns:h="urn:h" ${attributes}/>`)).fault).toBeUndefined();
  });

  test('the next one and the last one are us', () => {
    const next = version === '1.1' ? 'http://schemas.xmlsoap.org/soap/actor/next' : `${namespaces['1.2']}/role/next`;
    const last = version === '1.1' ? '' : `${namespaces['1.2']}/role/ultimateReceiver`;
    for (const us of [next, last]) {
      expect(read(withHeader(`<x S:mustUnderstand="1" S:${role}="${us}"/>`)).code).toBe('MustUnderstand');
    }
  });

  test('a mustUnderstand that is no boolean is refused', () => {
    expect(read(withHeader('<x S:mustUnderstand="yes"/>'))).toMatchObject({ code: 'Client' });
  });

  test('mustUnderstand counts on blocks, not inside them', () => {
    expect(read(withHeader('<x><y S:mustUnderstand="1"/></x>')).fault).toBeUndefined();
  });
});

test('an Envelope of another namespace is a version that is not spoken', () => {
  for (const uri of ['http://www.w3.org/2001/12/soap-envelope', '']) {
    expect(read(`<Envelope xmlns="${uri}"><Body><p/></Body></Envelope>`)).toMatchObject({
      code: 'VersionMismatch',
      version: undefined,
      events: [],
    });
  }
});

test('another root is no envelope', () => {
  expect(read(`<envelope xmlns="${namespaces['1.1']}"/>`)).toMatchObject({ code: 'Client', version: undefined });
  expect(read('<spppAddRequest/>').reason).toBe('the document is not a SOAP envelope but "spppAddRequest"');
});
