import type { Query, Unreadable } from './query.js';
import { type Rcode, Type } from './rcode.js';
import type { TsigOutcome } from './tsig.js';
import { HEADER_BYTES, nameOctets, record } from './wire.js';

/** The answer to a question, with records in wire format. */
export interface Reply {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly Buffer[];
  readonly authorities: readonly Buffer[];
  readonly additionals: readonly Buffer[];
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
const COPIED = 0x7910;
const DNSSEC_OK = 0x8000;

/** A reply with a code only. */
export function plainReply(rcode: Rcode): Reply {
  return { rcode, isAuthoritative: false, answers: [], authorities: [], additionals: [] };
}

/** The answer to a message that cannot be read: a header. */
export function writeHeader({ bytes, rcode }: Unreadable, flags = 0): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(bytes.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAG_QR | (bytes.readUInt16BE(2) & COPIED) | flags | (rcode & 0xf), 2);
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
  const opt = edns === undefined ? [] : [optRecord(reply.rcode, limit.udpBytes, edns.isDnssecOk)];
  const fixed = questionEnd + bytesOf(opt) + (verdict?.length ?? 0);
  let { answers, authorities, additionals } = reply;
  if (fixed > limit.maxBytes) {
    onTooLarge(answers.length);
    return writeHeader({ bytes, rcode: reply.rcode }, limit.isFinal ? 0 : FLAG_TC);
  }
  let flags = FLAG_QR | (bytes.readUInt16BE(2) & COPIED) | (reply.rcode & 0xf);
  if (reply.isAuthoritative) flags |= FLAG_AA;
  if (fixed + bytesOf(answers) + bytesOf(authorities) + bytesOf(additionals) > limit.maxBytes) {
    const fitting = limit.isFinal ? howManyFit(answers, limit.maxBytes - fixed) : 0;
    if (!limit.isFinal) flags |= FLAG_TC;
    onTooLarge(answers.length - fitting);
    answers = answers.slice(0, fitting);
    authorities = [];
    additionals = [];
  }
  const message = Buffer.concat([bytes.subarray(0, questionEnd), ...answers, ...authorities, ...additionals, ...opt]);
  message.writeUInt16BE(flags, 2);
  message.writeUInt16BE(1, 4);
  message.writeUInt16BE(answers.length, 6);
  message.writeUInt16BE(authorities.length, 8);
  message.writeUInt16BE(additionals.length + opt.length, 10);
  if (verdict === undefined) return message;
  const signed = Buffer.concat([message, verdict.sign(message)]);
  signed.writeUInt16BE(additionals.length + opt.length + 1, 10);
  return signed;
}

/** Our OPT record (RFC 6891 §6.1), without options. */
function optRecord(rcode: Rcode, udpPayloadSize: number, isDnssecOk: boolean): Buffer {
  const ttl = (rcode >> 4) * 2 ** 24 + (isDnssecOk ? DNSSEC_OK : 0);
  return record(nameOctets([]), Type.OPT, { class: udpPayloadSize, ttl });
}

function bytesOf(records: readonly Buffer[]): number {
  let bytes = 0;
  for (const record of records) bytes += record.length;
  return bytes;
}

function howManyFit(records: readonly Buffer[], maxBytes: number): number {
  let bytes = 0;
  const tooMany = records.findIndex((record) => {
    bytes += record.length;
    return bytes > maxBytes;
  });
  return tooMany < 0 ? records.length : tooMany;
}
