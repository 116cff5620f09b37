import { SoapFault } from '../soap/fault.js';
import { XmlReader } from '../soap/read-xml.js';
import type { XmlElement, XmlHandler } from '../soap/xml-events.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { Extension } from '../sppp/extension.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { syntaxInvalid } from '../sppp/result.js';
import type { Refusal } from '../values/refusal.js';

/**
 * The content of an `ext` as the server would store it: elements of other namespaces, namespace-well-formed by
 * themselves. A Refusal for a text that is no such XML.
 */
export function readExtension(text: string): string | Refusal {
  const extension = new Extension(Number.MAX_SAFE_INTEGER);
  const xml = new XmlReader(new Inside(extension), defaultXmlLimits);
  try {
    xml.read(`<ext>${text}</ext>`);
    xml.end();
  } catch (error) {
    if (error instanceof SoapFault) return { error: `XML: ${error.message}` };
    if (error instanceof RequestRefusedError) return { error: error.result.reason ?? 'XML of another namespace' };
    throw error;
  }
  if (extension.fault !== undefined) return { error: extension.fault.reason };
  return extension.isEmpty ? { error: 'one or more elements of XML' } : extension.xml;
}

/** Passes on what is inside the root. */
class Inside implements XmlHandler {
  #depth = 0;

  constructor(private readonly extension: Extension) {}

  open(element: XmlElement): void {
    if (this.#depth++ > 0) this.extension.open(element, refuse);
  }

  text(text: string): void {
    this.extension.text(text, refuse);
  }

  close(): void {
    if (--this.#depth > 0) this.extension.close();
  }
}

function refuse(reason: string): never {
  throw new RequestRefusedError(syntaxInvalid(reason));
}
