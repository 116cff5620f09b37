import { Envelope } from '../../src/soap/envelope.js';
import { SoapFault } from '../../src/soap/fault.js';
import { XmlReader } from '../../src/soap/read-xml.js';
import { defaultXmlLimits } from '../../src/soap/xml-limits.js';
import { type DecodeLimits, Decoder } from '../../src/sppp/decode.js';
import type { Head, Item } from '../../src/sppp/message.js';
import { RequestReader } from '../../src/sppp/read-request.js';
import { RequestRefusedError } from '../../src/sppp/request-refused.js';
import type { Result } from '../../src/sppp/result.js';

/** What became of a message that was read to its end or to the first thing that ended it. */
export interface Decoded {
  readonly head: Head | undefined;
  readonly items: readonly Item[];
  /** Set if the request was refused as a whole. */
  readonly refused?: Result;
  /** Set if there was no request that a response could be chosen for. */
  readonly fault?: string;
}

export const decodeLimits: DecodeLimits = { objects: 1000, extension: 16_384, plainBytes: 100_000 };

/**
 * Reads a whole message, every character of it strictly. Anything thrown that is neither refusal nor fault is
 * thrown on.
 */
export function decode(message: string, limits: Partial<DecodeLimits> = {}): Decoded {
  const decoder: Decoder = new Decoder({ ...decodeLimits, ...limits }, () => reader.line);
  const reader: XmlReader = new XmlReader(new Envelope(decoder), defaultXmlLimits);
  try {
    // Tag by tag: an end tag counts before anything that is wrong behind it.
    for (const piece of message.split(/(?<=>)/)) reader.write(Buffer.from(piece));
    reader.end();
    return { head: decoder.head, items: decoder.take() };
  } catch (error) {
    return { head: decoder.head, items: decoder.take(), ...endOf(error) };
  }
}

/** What the server's own reader makes of a message whose bytes are cut at these places. */
export async function read(
  message: string | Uint8Array,
  cuts: Iterable<number> = [],
  limits: Partial<DecodeLimits> = {},
): Promise<Decoded> {
  const reader = new RequestReader(pieces(bytesOf(message), cuts), { ...defaultXmlLimits, ...decodeLimits, ...limits });
  const items: Item[] = [];
  try {
    await reader.readHead();
    for await (const some of reader.items()) items.push(...some);
    return { head: reader.head, items };
  } catch (error) {
    return { head: reader.head, items, ...endOf(error) };
  }
}

/** Cuts bytes at offsets, which count modulo their length. */
export async function* pieces(bytes: Uint8Array, cuts: Iterable<number>): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const end of [...cuts].map((cut) => cut % bytes.length).sort((a, b) => a - b)) {
    yield bytes.subarray(start, end);
    start = end;
  }
  yield bytes.subarray(start);
}

function bytesOf(message: string | Uint8Array): Uint8Array {
  return typeof message === 'string' ? Buffer.from(message) : message;
}

function endOf(error: unknown): Pick<Decoded, 'refused' | 'fault'> {
  if (error instanceof RequestRefusedError) return { refused: error.result };
  if (error instanceof SoapFault) return { fault: error.reason };
  throw error;
}
