/** The WSDL, the schemas and the names for JAXB, which clients can fetch (RFC 7878 §9). */

import { readFileSync } from 'node:fs';
import { escapeAttribute } from '../soap/write-xml.js';

/** The placeholder for the address in the WSDL, which RFC 7878 §9 leaves to the server. */
const ADDRESS = 'REPLACE_WITH_ACTUAL_URL';

const names = ['sppfbase.xsd', 'sppp-detail.xsd'] as const;
const schemas: ReadonlyMap<string, string> = new Map(names.map((name) => [name, read(name)]));

// Absolute imports, because toolkits differ in what a relative one is relative to.
const wsdl = read('sppp.wsdl');
const pieces = wsdl.replaceAll('schemaLocation="', `schemaLocation="${ADDRESS}?xsd=`).split(ADDRESS);
const singlePieces = withSchemas(wsdl).split(ADDRESS);

/**
 * The WSDL for one address: both ports point to it, and schemas are imported from beside it.
 *
 * @param address absolute URL of the SOAP resource, without a query; markup in it is escaped
 * @returns the whole document, as text
 */
export function wsdlAt(address: string): string {
  return pieces.join(escapeAttribute(address));
}

/** The same with all schemas in it, for clients that do not follow imports. */
export function singleWsdlAt(address: string): string {
  return singlePieces.join(escapeAttribute(address));
}

/**
 * A schema that the WSDL imports.
 *
 * @param name as in the query `?xsd=name`
 * @returns its text, or undefined for an unknown name
 */
export function schemaNamed(name: string): string | undefined {
  return schemas.get(name);
}

/** Names for JAXB, without which Java has lists in place of seven types; the same for every address. */
export const bindings = read('sppp.xjb');

/** The WSDL with its schemas, each after those that it imports, and imports without a location. */
function withSchemas(text: string): string {
  const inlined = [...schemas.values()].map((schema) => schema.slice(schema.indexOf('?>') + 2));
  const at = text.indexOf('<xsd:schema');
  return names.reduce(
    (single, name) => single.replace(` schemaLocation="${name}"`, ''),
    `${text.slice(0, at)}${inlined.join('')}${text.slice(at)}`,
  );
}

function read(name: string): string {
  return readFileSync(new URL(`../../wsdl/${name}`, import.meta.url), 'utf8');
}
