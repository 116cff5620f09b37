/** A second opinion on messages: libxml2 validates them against the schemas that we publish. */

import { readFileSync } from 'node:fs';
import {
  XmlBufferInputProvider,
  XmlDocument,
  XmlElement,
  XmlLibError,
  XmlText,
  XsdValidator,
  xmlCleanupInputProvider,
  xmlRegisterInputProvider,
} from 'libxml2-wasm';

const namespaces = {
  xsd: 'http://www.w3.org/2001/XMLSchema',
  soap11: 'http://schemas.xmlsoap.org/soap/envelope/',
  soap12: 'http://www.w3.org/2003/05/soap-envelope',
  sppfb: 'urn:ietf:params:xml:ns:sppf:base:1',
};
const times = ['cDate', 'mDate', 'corDate', 'offerDateTime', 'acceptDateTime'];

/** Compiled once and kept as long as the process: its memory is no leak. */
let compiled: XsdValidator | undefined;

/**
 * Validates one SOAP message, request or response, of SOAP 1.1 or 1.2: the envelope has one Body with one child, and
 * the child is valid against the schemas of wsdl/, `xsi:type` included. A SOAP fault is no SPPP message.
 *
 * @param xml the whole document
 * @returns its faults, as `line: reason`
 */
export function validateMessage(xml: string): string[] {
  compiled ??= compile();
  let message: XmlDocument | undefined;
  try {
    message = XmlDocument.fromString(xml);
    const payload = payloadOf(message);
    if (typeof payload === 'string') return [payload];
    collapseTimes(message);
    compiled.validate(payload);
    return [];
  } catch (error) {
    if (error instanceof XmlLibError) return reasons(error);
    throw error;
  } finally {
    message?.dispose();
  }
}

/** Never empty: some errors, such as that of an empty document, come without details. */
function reasons({ details, message }: XmlLibError): string[] {
  return details.length === 0 ? [message] : details.map((detail) => `${detail.line}: ${detail.message.trim()}`);
}

/** The only child of the only Body, or the reason why it is missing. */
function payloadOf(message: XmlDocument): XmlElement | string {
  const bodies = message.find('/soap11:Envelope/soap11:Body | /soap12:Envelope/soap12:Body', namespaces);
  if (bodies.length !== 1) return `1: expected a SOAP envelope with one Body, found ${bodies.length}`;
  const children = bodies.flatMap((body) => body.find('*'));
  const [payload] = children;
  return payload instanceof XmlElement && children.length === 1
    ? payload
    : `1: expected one element in the Body, found ${children.length}`;
}

/** XSD collapses the white space around a dateTime before it reads it; libxml2 forgets to and refuses the value. */
function collapseTimes(message: XmlDocument): void {
  const texts = message.find(times.map((name) => `//sppfb:${name}/text()`).join(' | '), namespaces);
  for (const text of texts)
    if (text instanceof XmlText) text.content = text.content.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
}

/** The schema is cut out of the WSDL as text, so what it takes from the elements around it would be missed here. */
function compile(): XsdValidator {
  const wsdl = XmlDocument.fromBuffer(published('sppp.wsdl'));
  const schema = wsdl.get('//xsd:schema', namespaces);
  const text = schema instanceof XmlElement ? schema.toString() : '';
  wsdl.dispose();
  const imported = ['sppfbase.xsd', 'sppp-detail.xsd'].map((name) => [name, published(name)]);
  xmlRegisterInputProvider(new XmlBufferInputProvider(Object.fromEntries(imported)));
  const document = XmlDocument.fromString(text);
  try {
    return XsdValidator.fromDoc(document);
  } finally {
    document.dispose();
    xmlCleanupInputProvider();
  }
}

function published(name: string): Uint8Array {
  return readFileSync(new URL(`../../wsdl/${name}`, import.meta.url));
}
