import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Answer } from 'dns-packet';
import { encodeRecord, nameBytes } from './wire.js';

/** Secret key transaction authentication (RFC 8945): the record and its MAC, which the DNS library leaves to us. */

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

/** Seconds that clocks may differ (RFC 8945 §10). */
const FUDGE = 300;
const MOST_48_BITS = 2 ** 48 - 1;

/** A TSIG record as it came, and the message that it signs. */
export interface Signature {
  readonly keyName: string;
  readonly algorithm: string;
  readonly time: number;
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
  /** The message without the record, under its original id. */
  readonly signed: Buffer;
}

/** What a signed request came to: the key and how to sign the answer; or an answer that says what is wrong. */
export interface Verdict {
  /** Undefined: not believed. */
  readonly key: TsigKey | undefined;
  /** Bytes that the answer's record takes. */
  readonly length: number;
  /** The record that goes behind an answer. */
  sign(answer: Buffer): Buffer;
}

/** Reads the data of a TSIG record; undefined if it is malformed (RFC 8945 §4.2). */
export function readSignature(keyName: string, data: Buffer, signed: Buffer): Signature | undefined {
  let at = 0;
  const labels: string[] = [];
  for (let length = data[at++]; length !== 0; length = data[at++]) {
    if (length === undefined || length > 63) return undefined;
    labels.push(data.toString('latin1', at, at + length));
    at += length;
  }
  if (data.length < at + 16) return undefined;
  const macEnd = at + 10 + data.readUInt16BE(at + 8);
  if (data.length < macEnd + 6) return undefined;
  const other = data.subarray(macEnd + 6);
  if (data.readUInt16BE(macEnd + 4) !== other.length) return undefined;
  const originalId = data.readUInt16BE(macEnd);
  const original = Buffer.from(signed);
  original.writeUInt16BE(originalId, 0);
  return {
    keyName: keyName.toLowerCase(),
    algorithm: labels.join('.').toLowerCase(),
    time: data.readUIntBE(at, 6),
    fudge: data.readUInt16BE(at + 6),
    mac: data.subarray(at + 10, macEnd),
    originalId,
    error: data.readUInt16BE(macEnd + 2),
    other,
    signed: original,
  };
}

/** Checks key, MAC, time, in this order (RFC 8945 §5.2). Undefined: a MAC that is longer than the hash, a FORMERR. */
export function verify(signature: Signature, keys: ReadonlyMap<string, TsigKey>, now: Date): Verdict | undefined {
  const { keyName, algorithm, mac } = signature;
  const key = keys.get(keyName);
  const seconds = Math.floor(now.getTime() / 1000);
  if (key === undefined || key.algorithm !== algorithm) return unsigned(signature, TsigError.BADKEY);
  const expected = macOf(key, [signature.signed, variables(signature)]);
  if (mac.length > expected.length) return undefined;
  // Truncated MACs are nothing that we take; whether such a one is right is not told (RFC 8945 §5.2.2.1).
  if (mac.length < expected.length) return unsigned(signature, TsigError.BADTRUNC);
  if (!timingSafeEqual(mac, expected)) return unsigned(signature, TsigError.BADSIG);
  const isLate = Math.abs(seconds - signature.time) > signature.fudge;
  return isLate ? signing(signature, key, seconds, TsigError.BADTIME) : signing(signature, key, seconds);
}

function signing(request: Signature, key: TsigKey, seconds: number, error: TsigError = TsigError.NONE): Verdict {
  const isLate = error === TsigError.BADTIME;
  const other = Buffer.alloc(isLate ? 6 : 0);
  if (isLate) other.writeUIntBE(Math.min(seconds, MOST_48_BITS), 0, 6);
  // A client whose clock is wrong gets its own time back, and ours beside it (RFC 8945 §5.2.3).
  const fields = { ...request, time: isLate ? request.time : seconds, fudge: FUDGE, error, other };
  const record = (mac: Buffer) => recordOf({ ...fields, mac });
  const prefix = Buffer.alloc(2);
  prefix.writeUInt16BE(request.mac.length, 0);
  return {
    key: isLate ? undefined : key,
    length: record(Buffer.alloc(request.mac.length)).length,
    sign: (answer) => record(macOf(key, [prefix, request.mac, answer, variables(fields)])),
  };
}

/** Whoever has no key that we know cannot check a MAC of ours either (RFC 8945 §5.3.2). */
function unsigned(request: Signature, error: TsigError): Verdict {
  const record = recordOf({ ...request, mac: Buffer.alloc(0), error, other: Buffer.alloc(0) });
  return { key: undefined, length: record.length, sign: () => record };
}

function macOf(key: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(hashes[key.algorithm], key.secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

type Fields = Omit<Signature, 'signed'>;

/** What is signed besides the message: the record but for the MAC and the id (RFC 8945 §4.3.3). */
function variables({ keyName, algorithm, time, fudge, error, other }: Omit<Fields, 'mac'>): Buffer {
  const head = Buffer.from([0, 255, 0, 0, 0, 0]); // class ANY, TTL 0
  return Buffer.concat([nameBytes(keyName), head, nameBytes(algorithm), times(time, fudge), tail(error, other)]);
}

function recordOf({ keyName, algorithm, time, fudge, mac, originalId, error, other }: Fields): Buffer {
  const middle = Buffer.alloc(2);
  middle.writeUInt16BE(mac.length, 0);
  const id = Buffer.alloc(2);
  id.writeUInt16BE(originalId, 0);
  const data = Buffer.concat([nameBytes(algorithm), times(time, fudge), middle, mac, id, tail(error, other)]);
  const record: Answer = { type: 'TSIG', name: keyName, class: 'ANY', ttl: 0, data };
  return encodeRecord(record);
}

function times(time: number, fudge: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUIntBE(time, 0, 6);
  bytes.writeUInt16BE(fudge, 6);
  return bytes;
}

function tail(error: number, other: Buffer): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt16BE(error, 0);
  bytes.writeUInt16BE(other.length, 2);
  return Buffer.concat([bytes, other]);
}
