import { versionOfEnvelope } from '../soap/version.js';
import type { XmlElement } from '../soap/xml-events.js';
import { collapse } from '../values/text.js';
import type { Content, Fields, Struct } from './grammar.js';
import { baseNs, soapNs, xsiNs } from './namespaces.js';
import type { Flaw } from './result.js';
import { isIdOrHref } from './shared-values.js';
import { Unfit } from './simple-types.js';

/** Throws RequestRefusal 2000 for a request that is invalid by the schema. */
export type Refuse = (reason: string) => never;

/**
 * Refuses attributes that the schema does not have. Returns the xsi:type as written, or undefined; only the wrapper may
 * be nil.
 */
export function readXsiType(
  element: XmlElement,
  content: Content | undefined,
  isWrapper: boolean,
  refuse: Refuse,
): string | undefined {
  let xsiType: string | undefined;
  for (const { uri, local, value } of element.attributes) {
    if (uri === xsiNs) {
      if (local === 'type') xsiType = collapse(value);
      else if (local === 'nil' && !isWrapper && /^\s*(?:true|1)\s*$/.test(value))
        refuse(`${element.local} cannot be nil`);
    } else if (!isAllowed(uri, local, content)) {
      refuse(`attribute ${local} is not allowed on ${element.local}`);
    }
  }
  if (xsiType !== undefined && content?.is === 'struct') structNamed(xsiType, element, [content.struct], refuse);
  return xsiType;
}

/** Some toolkits repeat encodingStyle on the wrapper; it has no meaning in a literal message. */
function isAllowed(uri: string, local: string, content: Content | undefined): boolean {
  if (versionOfEnvelope(uri) !== undefined) return true;
  if (content !== undefined && content.is !== 'simple' && isIdOrHref(uri, local)) return true;
  return uri === '' && content?.is === 'struct' && content.struct.attribute?.name === local;
}

/** The struct that an xsi:type names, among the allowed ones. */
export function structNamed(
  xsiType: string | undefined,
  element: XmlElement,
  candidates: readonly Struct[],
  refuse: Refuse,
): Struct {
  if (xsiType === undefined) return refuse(`${element.local} needs an xsi:type`);
  const colon = xsiType.indexOf(':');
  const uri = element.resolve(colon < 0 ? '' : xsiType.slice(0, colon)) ?? '';
  const local = xsiType.slice(colon + 1);
  const found = candidates.find(({ ns, name }) => name === local && uri === (ns === 'base' ? baseNs : soapNs));
  return found ?? refuse(`${element.local} cannot be of type {${uri}}${local}`);
}

/** Reads the attribute of a type into the value. Returns the flaw of an invalid one. */
export function readAttribute(
  element: XmlElement,
  { name, type, ifAbsent }: NonNullable<Struct['attribute']>,
  value: Fields,
): Flaw | undefined {
  const sent = element.attributes.find(({ uri, local }) => uri === '' && local === name);
  const read = sent === undefined ? ifAbsent : type.read(collapse(sent.value));
  value[name] = read instanceof Unfit ? read.echo : read;
  return read instanceof Unfit
    ? { attrName: name, attrVal: collapse(sent?.value ?? ''), reason: read.reason }
    : undefined;
}
