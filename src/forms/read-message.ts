import { Envelope } from '../soap/envelope.js';
import { SoapFault } from '../soap/fault.js';
import { XmlReader } from '../soap/read-xml.js';
import type { XmlElement, XmlHandler } from '../soap/xml-events.js';
import { defaultXmlLimits } from '../soap/xml-limits.js';
import { Decoder } from '../sppp/decode.js';
import type { Item } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { FormError } from './fault.js';
import type { FormItem, FormLine } from './form-line.js';
import { keyLabel } from './key-label.js';

/** Bytes that are read at once. */
const SLICE_BYTES = 16_384;

/**
 * The items of an SPPP message that changes objects, read by the server's own strict reader: a line for each, in batches.
 *
 * @param place gets the line that was reached when an error is thrown
 * @throws FormError where it is no such message, behind the items before that place
 */
export async function* readMessage(
  bytes: AsyncIterable<Buffer>,
  file: string,
  place: { line: number },
): AsyncGenerator<FormLine[]> {
  const most = Number.MAX_SAFE_INTEGER;
  const decoder = new Decoder({ objects: most, extension: most, plainBytes: most }, () => xml.line);
  const items = new ItemLines(decoder, () => xml.line);
  const xml = new XmlReader(new Envelope(items), defaultXmlLimits);
  const taken = function* () {
    const lines = items.take();
    if (lines.length > 0) yield lines.map((each) => formLineOf(each, file));
  };
  try {
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        xml.write(chunk.subarray(at, at + SLICE_BYTES));
        yield* taken();
      }
    }
    xml.end();
  } catch (error) {
    place.line = xml.line;
    yield* taken();
    if (!(error instanceof SoapFault) && !(error instanceof RequestRefusedError)) throw error;
    throw new FormError([
      { file, line: place.line, value: '', rule: `cannot be read as an SPPP message: ${error.message}` },
    ]);
  }
  const operation = decoder.head?.rule;
  if (operation?.kind === 'change') return;
  const rule = 'an SPPP message that changes objects: spppAddRequest, spppDelRequest, spppBatchRequest and such';
  throw new FormError([{ file, line: 1, value: operation?.wrapper.name ?? '', rule }]);
}

interface LineOfItem {
  readonly line: number;
  readonly item: Item;
}

/** Passes a payload to the decoder and notes on which line each item began. */
class ItemLines implements XmlHandler {
  #depth = 0;
  #startLine = 1;
  #lines: LineOfItem[] = [];

  constructor(
    private readonly decoder: Decoder,
    private readonly line: () => number,
  ) {}

  open(element: XmlElement): void {
    if (this.#depth++ === 1) this.#startLine = this.line();
    this.decoder.open(element);
  }

  text(text: string): void {
    this.decoder.text(text);
  }

  close(): void {
    this.decoder.close();
    if (--this.#depth !== 1) return;
    for (const item of this.decoder.take()) this.#lines.push({ line: this.#startLine, item });
  }

  take(): LineOfItem[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}

function formLineOf({ line, item }: LineOfItem, file: string): FormLine {
  const { flaw, verb, subject } = item;
  if (flaw !== undefined) {
    const fault = { file, line, name: flaw.attrName, value: flaw.attrVal, rule: flaw.reason };
    return { line, faults: [fault], key: flaw.attrVal === '' ? keyLabel(subject) : flaw.attrVal };
  }
  if (verb === 'get')
    throw new FormError([{ file, line, value: 'spppGetRequest', rule: 'a message that changes objects' }]);
  return { line, item: { verb, subject } as FormItem };
}
