import type { Query, Unreadable } from './query.js';
import { type Rcode, Type } from './rcode.js';
import type { TsigOutcome } from './tsig.js';
import { HEADER_BYTES, nameOctets, record } from './wire.js';

/** What is said to a question, in records on the wire. */
export interface Reply {
  readonly rcode: Rcode;
  readonly isAuthoritative: boolean;
  readonly answers: readonly Buffer[];
  readonly authorities: readonly Buffer[];
  readonly additionals: readonly Buffer[];
}

export interface Room {
  /** Bytes that the whole message may have. */
  readonly most: number;
  /** Whether what does not fit is left out at the end, rather than asked for again over TCP. */
  readonly isLast: boolean;
  /** What we take over UDP, as EDNS tells it. */
  readonly udpBytes: number;
}

const FLAG_QR = 0x8000;
const FLAG_AA = 0x0400;
const FLAG_TC = 0x0200;
/** What is copied from a question: opcode, RD and CD (RFC 1035 §4.1.1, RFC 4035 §3.1.6). */
const COPIED = 0x7910;
const DNSSEC_OK = 0x8000;

/** Nothing but a code. */
export function plainReply(rcode: Rcode): Reply {
  return { rcode, isAuthoritative: false, answers: [], authorities: [], additionals: [] };
}

/** The answer to what cannot be read: its header, without anything that it had. */
export function writeHeader({ bytes, rcode }: Unreadable, flags = 0): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(bytes.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAG_QR | (bytes.readUInt16BE(2) & COPIED) | flags | (rcode & 0xf), 2);
  return header;
}

/**
 * The message. One that is too large says so and holds nothing (RFC 2181 §9); where there is no other way to ask, it
 * holds as many answers as fit. Where there is not even room for the question and what goes with each answer, it is a
 * header. `onTooLarge` is told how many answers were taken out.
 */
export function writeReply(
  query: Query,
  reply: Reply,
  room: Room,
  verdict: TsigOutcome | undefined,
  onTooLarge: (count: number) => void,
): Buffer {
  const { bytes, questionEnd, edns } = query;
  const opt = edns === undefined ? [] : [optRecord(reply.rcode, room.udpBytes, edns.isDnssecOk)];
  const fixed = questionEnd + bytesOf(opt) + (verdict?.length ?? 0);
  let { answers, authorities, additionals } = reply;
  if (fixed > room.most) {
    onTooLarge(answers.length);
    return writeHeader({ bytes, rcode: reply.rcode }, room.isLast ? 0 : FLAG_TC);
  }
  let flags = FLAG_QR | (bytes.readUInt16BE(2) & COPIED) | (reply.rcode & 0xf);
  if (reply.isAuthoritative) flags |= FLAG_AA;
  if (fixed + bytesOf(answers) + bytesOf(authorities) + bytesOf(additionals) > room.most) {
    const fitting = room.isLast ? howManyFit(answers, room.most - fixed) : 0;
    if (!room.isLast) flags |= FLAG_TC;
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

/** EDNS as we speak it (RFC 6891 §6.1): no option. */
function optRecord(rcode: Rcode, udpPayloadSize: number, isDnssecOk: boolean): Buffer {
  const ttl = (rcode >> 4) * 2 ** 24 + (isDnssecOk ? DNSSEC_OK : 0);
  return record(nameOctets([]), Type.OPT, { class: udpPayloadSize, ttl });
}

function bytesOf(records: readonly Buffer[]): number {
  let bytes = 0;
  for (const record of records) bytes += record.length;
  return bytes;
}

function howManyFit(records: readonly Buffer[], most: number): number {
  let bytes = 0;
  const tooMany = records.findIndex((record) => {
    bytes += record.length;
    return bytes > most;
  });
  return tooMany < 0 ? records.length : tooMany;
}
