/** The WSDL and the base schema as a client may fetch them (RFC 7878 §9). */

import { readFileSync } from 'node:fs';
import { XMLBuilder, XMLParser } from 'fast-xml-parser';

const baseSchemaName = 'sppfbase.xsd';
const baseSchema = read(baseSchemaName);

/** Both sides keep order, comments and white space, so that the document goes out as we wrote it. */
const form = {
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  commentPropName: '#comment',
};
const definitions: unknown = new XMLParser({ ...form, parseTagValue: false, trimValues: false }).parse(
  read('sppp.wsdl'),
);

/**
 * The WSDL for one address: both ports point to it, and the base schema is imported from beside it.
 *
 * @param address absolute URL of the SOAP resource, without a query; markup in it is escaped
 * @returns the whole document, as text
 */
export function wsdlAt(address: string): string {
  // RFC 7878 §9 leaves the address to the server. Only the two ports carry a location and only the import a
  // schemaLocation. An absolute import spares toolkits the guess what a relative one is relative to.
  const located = new Map([
    ['location', address],
    ['schemaLocation', `${address}?xsd=${baseSchemaName}`],
  ]);
  const builder = new XMLBuilder({
    ...form,
    suppressEmptyNode: true,
    attributeValueProcessor: (name, value) => located.get(name) ?? value,
  });
  return builder.build(definitions);
}

/**
 * The schema that the WSDL imports.
 *
 * @param name as in the query `?xsd=name`
 * @returns its text, or undefined if there is none of that name
 */
export function schemaNamed(name: string): string | undefined {
  return name === baseSchemaName ? baseSchema : undefined;
}

function read(name: string): string {
  return readFileSync(new URL(`../../wsdl/${name}`, import.meta.url), 'utf8');
}
