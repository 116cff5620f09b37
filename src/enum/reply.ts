import type { Edns, Query, Unreadable } from './query.js';
import { type Rcode, Type } from './rcode.js';
import type { TsigOutcome } from './tsig.js';
import { HEADER_BYTES } from './wire.js';

/** The answer to a question. */
export interface Reply {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly Buffer[];
  readonly authorities: readonly Buffer[];
  readonly additionals: readonly Buffer[];
  /** All of them, as they follow the question on the wire. */
  readonly octets: Buffer;
}

/** How large the message may be. */
export interface SizeLimit {
  /** Bytes of the whole message. */
  readonly maxBytes: number;
  /** Whether answers that do not fit are left out; otherwise the client asks again over TCP. */
  readonly isFinal: boolean;
  /** Bytes that we accept over UDP, for our OPT record. */
  readonly udpBytes: number;
}

const FLAG_QR = 0x8000;
const FLAG_AA = 0x0400;
const FLAG_TC = 0x0200;
/** Bits that are copied from a question: opcode, RD and CD (RFC 1035 §4.1.1, RFC 4035 §3.1.6). */
const COPIED_BITS = 0x7910;
const DNSSEC_OK = 0x8000;
/** Our OPT record. */
const OPT_BYTES = 11;

/** A reply with records in wire format. */
export function replyOf(
  rcode: Rcode,
  {
    isAuthoritative = false,
    answers = [],
    authorities = [],
    additionals = [],
  }: Partial<Pick<Reply, 'isAuthoritative' | 'answers' | 'authorities' | 'additionals'>> = {},
): Reply {
  const octets = Buffer.concat([...answers, ...authorities, ...additionals]);
  return { rcode, isAuthoritative, answers, authorities, additionals, octets };
}

/** The answer to a message that cannot be read: a header. */
export function writeHeader({ bytes, rcode }: Unreadable, flags = 0): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(bytes.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAG_QR | (bytes.readUInt16BE(2) & COPIED_BITS) | flags | (rcode & 0xf), 2);
  return header;
}

/**
 * The message. If it is too large, it has TC set and no records (RFC 2181 §9), or with a final limit as many answers as fit.
 * If not even the question, OPT and TSIG fit, it is a header. `onTooLarge` gets the number of answers that were left out.
 */
export function writeReply(
  query: Query,
  reply: Reply,
  limit: SizeLimit,
  verdict: TsigOutcome | undefined,
  onTooLarge: (count: number) => void,
): Buffer {
  const { bytes, questionEnd, edns } = query;
  const optBytes = edns === undefined ? 0 : OPT_BYTES;
  const fixed = questionEnd + optBytes + (verdict?.length ?? 0);
  if (fixed > limit.maxBytes) {
    onTooLarge(reply.answers.length);
    return writeHeader({ bytes, rcode: reply.rcode }, limit.isFinal ? 0 : FLAG_TC);
  }
  let flags = FLAG_QR | (bytes.readUInt16BE(2) & COPIED_BITS) | (reply.rcode & 0xf);
  if (reply.isAuthoritative) flags |= FLAG_AA;
  let sent = reply;
  if (fixed + reply.octets.length > limit.maxBytes) {
    const fitting = limit.isFinal ? howManyFit(reply.answers, limit.maxBytes - fixed) : 0;
    if (!limit.isFinal) flags |= FLAG_TC;
    onTooLarge(reply.answers.length - fitting);
    sent = replyOf(reply.rcode, { answers: reply.answers.slice(0, fitting) });
  }
  const recordsEnd = questionEnd + sent.octets.length;
  const message = Buffer.allocUnsafe(recordsEnd + optBytes);
  bytes.copy(message, 0, 0, questionEnd);
  sent.octets.copy(message, questionEnd);
  if (edns !== undefined) writeOpt(message, recordsEnd, reply.rcode, limit.udpBytes, edns);
  const additionals = sent.additionals.length + (edns === undefined ? 0 : 1);
  message.writeUInt16BE(flags, 2);
  message.writeUInt16BE(1, 4);
  message.writeUInt16BE(sent.answers.length, 6);
  message.writeUInt16BE(sent.authorities.length, 8);
  message.writeUInt16BE(additionals, 10);
  if (verdict === undefined) return message;
  const signed = Buffer.concat([message, verdict.sign(message)]);
  signed.writeUInt16BE(additionals + 1, 10);
  return signed;
}

/** Writes our OPT record (RFC 6891 §6.1), without options. */
function writeOpt(message: Buffer, at: number, rcode: Rcode, udpBytes: number, { isDnssecOk }: Edns): void {
  message[at] = 0; // the root
  message.writeUInt16BE(Type.OPT, at + 1);
  message.writeUInt16BE(udpBytes, at + 3);
  message.writeUInt16BE((rcode >> 4) << 8, at + 5); // the code's upper bits, and EDNS version 0
  message.writeUInt16BE(isDnssecOk ? DNSSEC_OK : 0, at + 7);
  message.writeUInt16BE(0, at + 9);
}

function howManyFit(records: readonly Buffer[], maxBytes: number): number {
  let bytes = 0;
  const tooMany = records.findIndex((record) => {
    bytes += record.length;
    return bytes > maxBytes;
  });
  return tooMany < 0 ? records.length : tooMany;
}
