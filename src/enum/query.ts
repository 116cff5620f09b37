import { Rcode, Type } from './rcode.js';
import { readSignature, type Signature } from './tsig.js';
import { HEADER_BYTES, questionNameEnd, readRecords, type WireRecord } from './wire.js';

/** A question as it was received (RFC 1035 §4.1). */
export interface Query {
  /** The message as it was received: an answer repeats its header and question byte by byte. */
  readonly bytes: Buffer;
  readonly questionEnd: number;
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

/** A message that is answered with a header and this code. */
export interface Unreadable {
  readonly bytes: Buffer;
  readonly rcode: Rcode;
}

const MAX_ADDITIONALS = 4;

/** Reads a message. Undefined: it must not be answered, as it is no message, or an answer itself. */
export function readQuery(bytes: Buffer): Query | Unreadable | undefined {
  if (isUnanswerable(bytes)) return undefined;
  if (opcodeOf(bytes) !== 0) return { bytes, rcode: Rcode.NOTIMP };
  const malformed = { bytes, rcode: Rcode.FORMERR };
  const counts = [4, 6, 8, 10].map((at) => bytes.readUInt16BE(at));
  const [questions = 0, answers = 0, authorities = 0, additionals = 0] = counts;
  if (questions !== 1 || answers > 0 || authorities > 1 || additionals > MAX_ADDITIONALS) return malformed;
  const nameEnd = questionNameEnd(bytes);
  if (nameEnd === undefined || nameEnd + 4 > bytes.length) return malformed;
  const questionEnd = nameEnd + 4;
  const records = readRecords(bytes, questionEnd, authorities + additionals)?.slice(authorities);
  if (records === undefined) return malformed;

  const opts = records.filter(({ type }) => type === Type.OPT);
  const [opt] = opts;
  const edns = opt && readEdns(opt);
  if (opts.length > 1 || (opt !== undefined && edns === undefined)) return malformed;
  const tsigAt = records.findIndex(({ type }) => type === Type.TSIG);
  const tsig = records[tsigAt];
  const signature = tsig && readSignature(tsig, bytes);
  // A TSIG record must be the last one (RFC 8945 §5.1).
  if (tsig !== undefined && (tsigAt < records.length - 1 || signature === undefined)) return malformed;
  return {
    bytes,
    questionEnd,
    type: bytes.readUInt16BE(nameEnd),
    class: bytes.readUInt16BE(nameEnd + 2),
    edns,
    signature,
  };
}

/** Whether the answer can be a header only. */
export function isUnreadable(read: Query | Unreadable): read is Unreadable {
  return 'rcode' in read;
}

/** Whether it is no message, or an answer itself: answering answers would make two servers loop. */
export function isUnanswerable(bytes: Buffer): boolean {
  return bytes.length < HEADER_BYTES || ((bytes[2] ?? 0) & 0x80) !== 0;
}

function opcodeOf(bytes: Buffer): number {
  return ((bytes[2] ?? 0) >> 3) & 0xf;
}

/** Reads an OPT record (RFC 6891 §6.1); undefined if it is malformed. Options are ignored. */
function readEdns({ labels, class: payloadSize, ttl, data }: WireRecord): Edns | undefined {
  let at = 0;
  while (at + 4 <= data.length) at += 4 + data.readUInt16BE(at + 2);
  if (labels.length > 0 || at !== data.length) return undefined;
  return { payloadSize, version: (ttl >>> 16) & 0xff, isDnssecOk: (ttl & 0x8000) !== 0 };
}
