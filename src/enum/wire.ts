import { type Answer, encode } from 'dns-packet';

/** Pieces of messages, made by the DNS library. */

export const HEADER_BYTES = 12;

/**
 * A record on the wire. With a place in the message where its owner's name stands already it begins with a pointer to it
 * (RFC 1035 §4.1.4), which the library does not make; the record's own name does not count then.
 */
export function encodeRecord(record: Answer, ownerAt?: number): Buffer {
  if (ownerAt === undefined) return encode({ answers: [record] }).subarray(HEADER_BYTES);
  const bytes = encode({ answers: [{ ...record, name: '.' }] });
  // The pointer takes the place of the root's one byte and of the last one of the header before it.
  bytes.writeUInt16BE(0xc000 | ownerAt, HEADER_BYTES - 1);
  return bytes.subarray(HEADER_BYTES - 1);
}

/** A name on the wire, uncompressed. */
export function nameBytes(name: string): Buffer {
  return encode({ questions: [{ type: 'A', name }] }).subarray(HEADER_BYTES, -4);
}

/** Whether DNS can carry the name: labels of 1 to 63 bytes, 255 bytes in all (RFC 1035 §2.3.4). The root is one. */
export function isName(name: string): boolean {
  if (name === '' || name === '.') return true;
  return (
    Buffer.byteLength(name) <= 253 && name.split('.').every((label) => label !== '' && Buffer.byteLength(label) <= 63)
  );
}
