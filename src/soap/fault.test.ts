import { expect, test } from 'vitest';
import { recordXml } from '../../test/support/record-xml.js';
import { faultStatus, SoapFault, writeFault } from './fault.js';
import { mediaTypes } from './version.js';

const soap11 = 'http://schemas.xmlsoap.org/soap/envelope/';
const soap12 = 'http://www.w3.org/2003/05/soap-envelope';

test('a fault is an error that keeps its parts', () => {
  const fault = new SoapFault('MustUnderstand', 'no', { uri: 'urn:x', local: 'y' });
  expect(fault).toBeInstanceOf(Error);
  expect(fault).toMatchObject({
    name: 'SoapFault',
    message: 'no',
    code: 'MustUnderstand',
    reason: 'no',
    notUnderstood: { uri: 'urn:x', local: 'y' },
  });
});

test.each(['Client', 'Server', 'VersionMismatch', 'MustUnderstand'] as const)('SOAP 1.1 says %s as it is', (code) => {
  expect(writeFault('1.1', new SoapFault(code, 'a < b'))).toBe(
    `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="${soap11}"><S:Body xml:lang="en"><S:Fault>` +
      `<faultcode>S:${code}</faultcode><faultstring>a &lt; b</faultstring></S:Fault></S:Body></S:Envelope>`,
  );
  expect(faultStatus('1.1', code)).toBe(500);
});

test.each([
  ['Client', 'Sender', 400],
  ['Server', 'Receiver', 500],
] as const)('SOAP 1.2 says %s as %s', (code, value, status) => {
  expect(writeFault('1.2', new SoapFault(code, 'a < b'))).toBe(
    `<?xml version="1.0" encoding="UTF-8"?><S:Envelope xmlns:S="${soap12}"><S:Body xml:lang="en"><S:Fault>` +
      `<S:Code><S:Value>S:${value}</S:Value></S:Code><S:Reason><S:Text xml:lang="en">a &lt; b</S:Text></S:Reason>` +
      '</S:Fault></S:Body></S:Envelope>',
  );
  expect(faultStatus('1.2', code)).toBe(status);
});

test('SOAP 1.2 names the envelopes it would have read', () => {
  const written = writeFault('1.2', new SoapFault('VersionMismatch', 'no'));
  expect(written).toContain(
    `<S:Header><S:Upgrade><S:SupportedEnvelope xmlns:E="${soap12}" qname="E:Envelope"/>` +
      `<S:SupportedEnvelope xmlns:E="${soap11}" qname="E:Envelope"/></S:Upgrade></S:Header><S:Body`,
  );
  expect(written).toContain('<S:Value>S:VersionMismatch</S:Value>');
  expect(faultStatus('1.2', 'VersionMismatch')).toBe(500);
});

test('SOAP 1.2 names the header block that was not understood', () => {
  const written = writeFault('1.2', new SoapFault('MustUnderstand', 'no', { uri: 'urn:"x"&y', local: 'Security' }));
  expect(written).toContain(
    '<S:Header><S:NotUnderstood xmlns:h="urn:&quot;x&quot;&amp;y" qname="h:Security"/></S:Header><S:Body',
  );
  expect(faultStatus('1.2', 'MustUnderstand')).toBe(500);
  expect(writeFault('1.2', new SoapFault('MustUnderstand', 'no'))).not.toContain('Header');
});

test('a block without a namespace is named without a prefix, which cannot stand for none', () => {
  const written = writeFault('1.2', new SoapFault('MustUnderstand', 'no', { uri: '', local: 'block' }));
  expect(written).toContain('<S:NotUnderstood qname="block"/>');
});

test.each(['1.1', '1.2'] as const)('whatever a SOAP %s fault quotes, it is well-formed', (version) => {
  for (const text of ['\0\ud800', ']]><x>&', '</S:Fault>']) {
    const fault = new SoapFault('VersionMismatch', text);
    expect(recordXml(writeFault(version, fault)).fault).toBeUndefined();
  }
});

test('the media types', () => {
  expect(mediaTypes).toEqual({ '1.1': 'text/xml; charset=utf-8', '1.2': 'application/soap+xml; charset=utf-8' });
});
