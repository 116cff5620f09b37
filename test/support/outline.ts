/** An XSD with one line per component, so that a reader can compare it with a table in a test. */

import { XmlDocument, XmlElement } from 'libxml2-wasm';

const namespaces = { xsd: 'http://www.w3.org/2001/XMLSchema' };

/**
 * Every global component of a schema, in document order, as [kind, name, outline].
 *
 * Complex: `abstract ext Base { name=Type? … }` with `?` 0..1, `*` 0..n, `+` 1..n, `( a | b )` for a choice, a default
 * in quotes and attributes with `@`. Simple: the base, then `facet=value …`.
 */
export function outline(xsd: string): [kind: string, name: string, outline: string][] {
  return read(xsd, (schema) =>
    children(schema)
      .filter((component) => component.name !== 'import')
      .map((component) => {
        const [anonymous] = component.name === 'element' ? children(component) : [component];
        return [component.name, value(component, 'name'), anonymous === undefined ? '' : contentOf(anonymous)];
      }),
  );
}

/** What a writer must emit for a complex type: inherited children first, as `rant rar cDate? … dgName*`. */
export function childOrder(xsd: string, type: string): string {
  return read(xsd, (schema) => inherited(schema, type).join(' '));
}

function inherited(schema: XmlElement, type: string): string[] {
  const found = schema.get(`xsd:complexType[@name='${type}']`, namespaces);
  if (!(found instanceof XmlElement)) throw new Error(`no complex type ${type}`);
  const own = found
    .find('.//xsd:element', namespaces)
    .flatMap((element) => (element instanceof XmlElement ? [value(element, 'name') + occurrence(element)] : []));
  const base = found.get('.//xsd:extension/@base', namespaces)?.content;
  return base === undefined ? own : [...inherited(schema, base.replace(/^.*:/, '')), ...own];
}

function read<T>(xsd: string, take: (schema: XmlElement) => T): T {
  const document = XmlDocument.fromString(xsd);
  try {
    return take(document.root);
  } finally {
    document.dispose();
  }
}

function contentOf(node: XmlElement): string {
  const inner = children(node).map(contentOf);
  const occurs = occurrence(node);
  switch (node.name) {
    case 'complexType':
      return (value(node, 'abstract') === 'true' ? ['abstract', ...inner] : inner).join(' ');
    case 'complexContent':
      return inner.join(' ');
    case 'extension':
      return ['ext', value(node, 'base'), ...inner].join(' ');
    case 'sequence':
      return `{ ${inner.join(' ')} }${occurs}`;
    case 'choice':
      return `( ${inner.join(' | ')} )${occurs}`;
    case 'element':
      return `${value(node, 'name')}=${value(node, 'type')}${defaulted(node)}${occurs}`;
    case 'attribute':
      return `@${value(node, 'name')}=${value(node, 'type')}${defaulted(node)}`;
    case 'any':
      return `any ${value(node, 'namespace')} ${value(node, 'processContents')}${occurs}`;
    case 'simpleType':
      return inner.join(' ');
    case 'restriction':
      return [value(node, 'base'), ...inner].join(' ');
    default:
      return `${node.name}=${value(node, 'value')}`;
  }
}

function occurrence(node: XmlElement): string {
  const least = node.attr('minOccurs')?.value ?? '1';
  const most = node.attr('maxOccurs')?.value ?? '1';
  const signs = new Map([
    ['1..1', ''],
    ['0..1', '?'],
    ['0..unbounded', '*'],
    ['1..unbounded', '+'],
  ]);
  return signs.get(`${least}..${most}`) ?? `[${least}..${most}]`;
}

function defaulted(node: XmlElement): string {
  const given = node.attr('default')?.value;
  return given === undefined ? '' : `"${given}"`;
}

function value(node: XmlElement, attribute: string): string {
  return node.attr(attribute)?.value ?? '';
}

function children(node: XmlElement): XmlElement[] {
  return node.find('xsd:*[not(self::xsd:annotation)]', namespaces).filter((child) => child instanceof XmlElement);
}
