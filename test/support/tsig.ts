import { createHmac } from 'node:crypto';
import { encode } from 'dns-packet';

/** TSIG of a client, made byte by byte from RFC 8945 §4.2 and §4.3, independent of the server's. */

export interface TsigFields {
  readonly name: string;
  readonly algorithm: 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  readonly secret: Buffer;
  readonly time: number;
  readonly fudge?: number;
  /** Bytes of the MAC that are sent, if not all. */
  readonly macBytes?: number;
  /** A MAC instead of the correct one. */
  readonly mac?: Buffer;
  readonly originalId?: number;
  readonly error?: number;
  readonly other?: Buffer;
}

const u16 = (value: number) => Buffer.from([value >> 8, value & 0xff]);
const u48 = (value: number) => {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
};
const wireName = (name: string) =>
  Buffer.concat([
    ...name
      .toLowerCase()
      .split('.')
      .map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ]);

/** The MAC of a message; for an answer, with the MAC of its question before it. */
export function macOf(message: Buffer, fields: TsigFields, questionMac?: Buffer): Buffer {
  const { name, algorithm, secret, time, fudge = 300, error = 0, other = Buffer.alloc(0) } = fields;
  const hmac = createHmac(algorithm.slice(5), secret);
  if (questionMac !== undefined) hmac.update(u16(questionMac.length)).update(questionMac);
  hmac.update(message);
  hmac.update(Buffer.concat([wireName(name), Buffer.from([0, 255, 0, 0, 0, 0]), wireName(algorithm)]));
  return hmac.update(Buffer.concat([u48(time), u16(fudge), u16(error), u16(other.length), other])).digest();
}

/** The message followed by a TSIG. */
export function signed(message: Buffer, fields: TsigFields): Buffer {
  const { name, algorithm, time, fudge = 300, error = 0, other = Buffer.alloc(0) } = fields;
  const originalId = fields.originalId ?? message.readUInt16BE(0);
  const original = Buffer.from(message);
  original.writeUInt16BE(originalId, 0);
  const mac = (fields.mac ?? macOf(original, fields)).subarray(0, fields.macBytes);
  const tail = [u16(originalId), u16(error), u16(other.length), other];
  return withTsig(
    message,
    name,
    Buffer.concat([wireName(algorithm), u48(time), u16(fudge), u16(mac.length), mac, ...tail]),
  );
}

/** The message followed by a TSIG with given data. */
export function withTsig(message: Buffer, name: string, data: Buffer): Buffer {
  const record = encode({ additionals: [{ type: 'TSIG', name, class: 'ANY', ttl: 0, data }] }).subarray(12);
  const whole = Buffer.concat([message, record]);
  whole.writeUInt16BE(whole.readUInt16BE(10) + 1, 10);
  return whole;
}

export interface ReadTsig {
  readonly time: number;
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: number;
  readonly error: number;
  readonly other: Buffer;
}

export function readTsig(data: Buffer, algorithm: string): ReadTsig {
  const at = wireName(algorithm).length;
  const macEnd = at + 10 + data.readUInt16BE(at + 8);
  return {
    time: data.readUIntBE(at, 6),
    fudge: data.readUInt16BE(at + 6),
    mac: data.subarray(at + 10, macEnd),
    originalId: data.readUInt16BE(macEnd),
    error: data.readUInt16BE(macEnd + 2),
    other: data.subarray(macEnd + 6),
  };
}
