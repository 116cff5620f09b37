import { SoapFault } from '../../src/soap/fault.js';
import { XmlReader } from '../../src/soap/read-xml.js';
import type { XmlElement, XmlHandler } from '../../src/soap/xml-events.js';
import { defaultXmlLimits, type XmlLimits } from '../../src/soap/xml-limits.js';

/** Records one line for each event; text in several pieces is one event. */
export class XmlRecorder implements XmlHandler {
  readonly events: string[] = [];
  #text = '';

  open(element: XmlElement): void {
    this.#flush();
    const attributes = element.attributes.map(({ uri, local, value }) => ` {${uri}}${local}=${JSON.stringify(value)}`);
    this.events.push(`<{${element.uri}}${element.local}${attributes.sort().join('')}>`);
  }

  text(text: string): void {
    this.#text += text;
  }

  close(): void {
    this.#flush();
    this.events.push('</>');
  }

  #flush(): void {
    if (this.#text !== '') this.events.push(JSON.stringify(this.#text));
    this.#text = '';
  }
}

export interface Recording {
  readonly events: readonly string[];
  /** Set if the document was refused. */
  readonly fault: SoapFault | undefined;
}

export interface RecordOptions {
  readonly limits?: Partial<XmlLimits>;
  readonly charset?: string;
  /** Byte offsets, in order, at which the document is cut into the chunks that are written. */
  readonly cuts?: readonly number[];
}

/** Reads a whole document. Anything thrown that is no fault is thrown on. */
export function recordXml(document: string | Uint8Array, options: RecordOptions = {}): Recording {
  const recorder = new XmlRecorder();
  return { fault: readInto(recorder, document, options), events: recorder.events };
}

/** Reads a whole document into a handler; returns the fault if there is one. */
export function readInto(
  handler: XmlHandler,
  document: string | Uint8Array,
  { limits, charset, cuts = [] }: RecordOptions = {},
): SoapFault | undefined {
  const bytes = typeof document === 'string' ? Buffer.from(document) : document;
  const reader = new XmlReader(handler, { ...defaultXmlLimits, ...limits }, charset);
  try {
    let start = 0;
    for (const cut of [...cuts, bytes.length]) {
      reader.write(bytes.subarray(start, cut));
      start = cut;
    }
    reader.end();
    return undefined;
  } catch (error) {
    if (error instanceof SoapFault) return error;
    throw error;
  }
}
