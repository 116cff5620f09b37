import { XmlReader } from '../soap/read-xml.js';
import type { XmlElement, XmlHandler } from '../soap/xml-events.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { Extension } from './extension.js';
import { RequestRefusedError } from './request-refused.js';
import { syntaxInvalid } from './result.js';

/**
 * Reads the content of an `ext` that is a text by itself, outside of a message.
 *
 * @throws SoapFault for a text that is not XML, RequestRefusedError for XML that no `ext` may hold
 */
export function readExtension(text: string): Extension {
  const extension = new Extension(Number.POSITIVE_INFINITY);
  const xml = new XmlReader(new Inside(extension), defaultXmlLimits);
  xml.read(`<ext>${text}</ext>`);
  xml.end();
  return extension;
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
