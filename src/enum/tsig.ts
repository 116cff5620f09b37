import { createHmac, timingSafeEqual } from 'node:crypto';
import { CLASS_ANY, Type } from './rcode.js';
import { nameOctets, nameText, readName, record, u16, u32, u48, type WireRecord } from './wire.js';

/** Secret key transaction authentication (RFC 8945): the record and its MAC. */

export interface TsigKey {
  /** In lower case, without the dot at the end. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Buffer;
}

const hashes = { 'hmac-sha256': 'sha256', 'hmac-sha384': 'sha384', 'hmac-sha512': 'sha512' } as const;
export type TsigAlgorithm = keyof typeof hashes;
export const tsigAlgorithms = Object.keys(hashes) as TsigAlgorithm[];

/** The record's own error field (RFC 8945 §3). */
const TsigError = { NONE: 0, BADSIG: 16, BADKEY: 17, BADTIME: 18, BADTRUNC: 22 } as const;
type TsigError = (typeof TsigError)[keyof typeof TsigError];

/** The largest difference between clocks (RFC 8945 §10). */
const FUDGE_SECONDS = 300;
const MAX_48_BITS = 2 ** 48 - 1;

/** A TSIG record as it was received, and the message that it signs. Names are labels in lower case, the leftmost first. */
export interface Signature {
  readonly keyName: readonly string[];
  readonly algorithm: readonly string[];
  readonly time: number;
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
  /** The message without the record, under its original id. */
  readonly signed: Buffer;
}

/** The outcome of checking a signature: the key, and the TSIG record of the answer with the error if there is one. */
export interface TsigOutcome {
  /** Undefined if the signature is wrong or too old. */
  readonly key: TsigKey | undefined;
  /** Whether the MAC is right, even if the time is not: the client has the key. */
  readonly hasKey: boolean;
  /** Bytes of the answer's record. */
  readonly length: number;
  /** The record that is appended to an answer. */
  sign(answer: Buffer): Buffer;
}

/**
 * Reads a TSIG record, the last one of the message; undefined if it is malformed (RFC 8945 §4.2). It signs the message
 * before it, with a record count that leaves it out (RFC 8945 §4.3.2).
 */
export function readSignature(
  { at, labels: keyName, class: recordClass, ttl, data }: WireRecord,
  message: Buffer,
): Signature | undefined {
  // Names in its data are not compressed (RFC 3597 §4): a copy without the message has nothing that they could point to.
  const algorithm = readName(data, 0);
  if (recordClass !== CLASS_ANY || ttl !== 0 || algorithm === undefined) return undefined;
  const fields = data.subarray(algorithm.end);
  if (fields.length < 16) return undefined;
  const macEnd = 10 + fields.readUInt16BE(8);
  if (fields.length < macEnd + 6) return undefined;
  const other = fields.subarray(macEnd + 6);
  if (fields.readUInt16BE(macEnd + 4) !== other.length) return undefined;
  const originalId = fields.readUInt16BE(macEnd);
  const signed = Buffer.from(message.subarray(0, at));
  signed.writeUInt16BE(originalId, 0);
  signed.writeUInt16BE(signed.readUInt16BE(10) - 1, 10);
  return {
    keyName,
    algorithm: algorithm.labels,
    time: fields.readUIntBE(0, 6),
    fudge: fields.readUInt16BE(6),
    mac: fields.subarray(10, macEnd),
    originalId,
    error: fields.readUInt16BE(macEnd + 2),
    other,
    signed,
  };
}

/** Checks key, MAC and time, in this order (RFC 8945 §5.2). Undefined: the MAC is longer than the hash, which is a FORMERR. */
export function verify(signature: Signature, keys: ReadonlyMap<string, TsigKey>, now: Date): TsigOutcome | undefined {
  const { keyName, algorithm, mac } = signature;
  const key = keys.get(nameText(keyName));
  const seconds = Math.floor(now.getTime() / 1000);
  if (key === undefined || key.algorithm !== nameText(algorithm)) return unsigned(signature, TsigError.BADKEY);
  const expected = macOf(key, [signature.signed, variables(signature)]);
  if (mac.length > expected.length) return undefined;
  // We refuse truncated MACs without saying whether they are right (RFC 8945 §5.2.2.1).
  if (mac.length < expected.length) return unsigned(signature, TsigError.BADTRUNC);
  if (!timingSafeEqual(mac, expected)) return unsigned(signature, TsigError.BADSIG);
  const isLate = Math.abs(seconds - signature.time) > signature.fudge;
  return isLate ? signing(signature, key, seconds, TsigError.BADTIME) : signing(signature, key, seconds);
}

function signing(request: Signature, key: TsigKey, seconds: number, error: TsigError = TsigError.NONE): TsigOutcome {
  const isLate = error === TsigError.BADTIME;
  const other = isLate ? u48(Math.min(seconds, MAX_48_BITS)) : Buffer.alloc(0);
  // A client whose clock is wrong gets its own time back, and ours beside it (RFC 8945 §5.2.3).
  const fields = { ...request, time: isLate ? request.time : seconds, fudge: FUDGE_SECONDS, error, other };
  const prefix = u16(request.mac.length);
  return {
    key: isLate ? undefined : key,
    hasKey: true,
    length: recordOf(fields).length,
    sign: (answer) => recordOf({ ...fields, mac: macOf(key, [prefix, request.mac, answer, variables(fields)]) }),
  };
}

/** An outcome without MAC: a client without the key could not check it (RFC 8945 §5.3.2). */
function unsigned(request: Signature, error: TsigError): TsigOutcome {
  const record = recordOf({ ...request, mac: Buffer.alloc(0), error, other: Buffer.alloc(0) });
  return { key: undefined, hasKey: false, length: record.length, sign: () => record };
}

function macOf(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(hashes[key.algorithm], key.secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

type Fields = Omit<Signature, 'signed'>;

/** The TSIG variables, which are signed with the message: the record without MAC and id (RFC 8945 §4.3.3). */
function variables({ keyName, algorithm, time, fudge, error, other }: Omit<Fields, 'mac'>): Buffer {
  const head = [nameOctets(keyName), u16(CLASS_ANY), u32(0), nameOctets(algorithm)];
  return Buffer.concat([...head, u48(time), u16(fudge), u16(error), u16(other.length), other]);
}

function recordOf({ keyName, algorithm, time, fudge, mac, originalId, error, other }: Fields): Buffer {
  const stamp = [nameOctets(algorithm), u48(time), u16(fudge)];
  const tail = [u16(originalId), u16(error), u16(other.length), other];
  const owner = nameOctets(keyName);
  return record(owner, Type.TSIG, { class: CLASS_ANY, ttl: 0 }, ...stamp, u16(mac.length), mac, ...tail);
}
