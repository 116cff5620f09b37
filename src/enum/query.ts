import { type Answer, type DecodedPacket, decode } from 'dns-packet';
import { Rcode } from './rcode.js';
import { readSignature, type Signature } from './tsig.js';
import { HEADER_BYTES } from './wire.js';

/** A question as it came (RFC 1035 §4.1). */
export interface Query {
  /** Header and question as they came: an answer repeats them to the letter. */
  readonly bytes: Buffer;
  readonly questionEnd: number;
  /** From the left, in lower case. */
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | undefined;
  readonly signature: Signature | undefined;
}

export interface Edns {
  readonly payloadSize: number;
  readonly version: number;
  readonly isDnssecOk: boolean;
}

/** A message that gets a header as its answer, with this code. */
export interface Unreadable {
  readonly bytes: Buffer;
  readonly rcode: Rcode;
}

const MOST_ADDITIONALS = 4;

/** Reads a message. Undefined: one that must not be answered, since it is none or an answer itself. */
export function readQuery(bytes: Buffer): Query | Unreadable | undefined {
  if (bytes.length < HEADER_BYTES || isAnswer(bytes)) return undefined;
  if (opcodeOf(bytes) !== 0) return { bytes, rcode: Rcode.NOTIMP };
  // Looked at before the library makes lists of that length.
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  const [questions = 0, answers = 0, authorities = 0, additionals = 0] = counts;
  const name = readName(bytes);
  const isStrange = questions !== 1 || answers > 0 || authorities > 1 || additionals > MOST_ADDITIONALS;
  if (name === undefined || isStrange) return { bytes, rcode: Rcode.FORMERR };
  // A message that is its question and nothing else has nothing more to be read.
  const isBare = authorities === 0 && additionals === 0 && bytes.length === name.end + 4;
  const records = isBare ? [] : decoded(bytes)?.additionals;
  if (records === undefined) return { bytes, rcode: Rcode.FORMERR };
  const opts = records.flatMap((record) => (record.type === 'OPT' ? [record] : []));
  const [opt] = opts;
  const tsigAt = records.findIndex(({ type }) => type === 'TSIG');
  const signature = tsigAt < 0 ? undefined : signatureOf(bytes, records.at(-1));
  const isMisplaced = tsigAt >= 0 && (tsigAt !== records.length - 1 || signature === undefined);
  if (isMisplaced || opts.length > 1 || (opt !== undefined && opt.name !== '.')) return { bytes, rcode: Rcode.FORMERR };
  return {
    bytes,
    questionEnd: name.end + 4,
    labels: name.labels,
    type: bytes.readUInt16BE(name.end),
    class: bytes.readUInt16BE(name.end + 2),
    edns: opt && { payloadSize: opt.udpPayloadSize, version: opt.ednsVersion, isDnssecOk: opt.flag_do },
    signature,
  };
}

/** Whether nothing but a header can be answered. */
export function isUnreadable(read: Query | Unreadable): read is Unreadable {
  return 'rcode' in read;
}

function opcodeOf(bytes: Buffer): number {
  return ((bytes[2] ?? 0) >> 3) & 0xf;
}

function isAnswer(bytes: Buffer): boolean {
  return ((bytes[2] ?? 0) & 0x80) !== 0;
}

/** The whole message, or undefined if it is malformed or longer than what it says it holds. */
function decoded(bytes: Buffer): DecodedPacket | undefined {
  try {
    const packet = decode(bytes);
    return decode.bytes === bytes.length ? packet : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The labels of the question's name, read by themselves: the library joins them by dots, which labels may contain. A
 * name in a question has nothing before it to point to.
 */
function readName(bytes: Buffer): { labels: string[]; end: number } | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = bytes[at++]; length !== 0; length = bytes[at++]) {
    if (length === undefined || length > 63 || at + length - HEADER_BYTES > 254) return undefined;
    // Most labels are one digit.
    const label = length === 1 ? String.fromCharCode(bytes[at] ?? 0) : bytes.toString('latin1', at, at + length);
    labels.push(label.toLowerCase());
    at += length;
  }
  return at + 4 <= bytes.length ? { labels, end: at } : undefined;
}

/** The last record, a TSIG. What is before it is what it signs, counted without it (RFC 8945 §4.3.2). */
function signatureOf(bytes: Buffer, record: Answer | undefined): Signature | undefined {
  if (record?.type !== 'TSIG' || record.class !== 'ANY' || record.flush || record.ttl !== 0) return undefined;
  const signed = Buffer.from(bytes);
  signed.writeUInt16BE(signed.readUInt16BE(10) - 1, 10);
  decode(signed);
  return readSignature(record.name, record.data, signed.subarray(0, decode.bytes));
}
