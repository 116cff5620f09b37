import { isIPv6 } from 'node:net';
import { MAX_LABEL_OCTETS, MAX_NAME_OCTETS } from '../values/domain-name.js';
import { CLASS_IN } from './rcode.js';

/**
 * Parts of messages (RFC 1035 §3, §4.1). A label is a string with one character per octet: a label from the network may be
 * text in no encoding, and goes back byte by byte.
 */

export const HEADER_BYTES = 12;

const POINTER = 0xc0;

/** A name in a message. */
export interface WireName {
  /** In lower case, the leftmost first. */
  readonly labels: readonly string[];
  /** Offset of the byte after the name. */
  readonly end: number;
}

/**
 * Offset of the byte after the name of a question; undefined if the name is malformed. As the first name of the message, it
 * has nothing that a pointer could lead to.
 */
export function questionNameEnd(message: Buffer): number | undefined {
  for (let at = HEADER_BYTES; ; ) {
    const length = message[at];
    if (length === undefined || length > MAX_LABEL_OCTETS) return undefined;
    at += 1 + length;
    if (at > message.length || at - HEADER_BYTES > MAX_NAME_OCTETS) return undefined;
    if (length === 0) return at;
  }
}

/** Reads a name; undefined if it is malformed. A pointer must lead backwards, so that there are no loops. */
export function readName(message: Buffer, from: number): WireName | undefined {
  const labels: string[] = [];
  let end: number | undefined;
  let octets = 0;
  let start = from;
  for (let at = from; ; ) {
    const length = message[at++];
    if (length === undefined) return undefined;
    if (length >= POINTER) {
      const low = message[at++];
      const target = ((length - POINTER) << 8) | (low ?? 0);
      if (low === undefined || target < HEADER_BYTES || target >= start) return undefined;
      end ??= at;
      start = target;
      at = target;
      continue;
    }
    octets += 1 + length;
    if (length > MAX_LABEL_OCTETS || octets > MAX_NAME_OCTETS || at + length > message.length) return undefined;
    if (length === 0) return { labels, end: end ?? at };
    labels.push(lowerCase(message.toString('latin1', at, at + length)));
    at += length;
  }
}

/** ASCII letters only (RFC 4343 §3). */
function lowerCase(label: string): string {
  return label.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A name as one text, with dots and backslashes in labels escaped. */
export function nameText(labels: readonly string[]): string {
  return labels.map((label) => label.replace(/[.\\]/g, '\\$&')).join('.');
}

/** A name, uncompressed. */
export function nameOctets(labels: readonly string[]): Buffer {
  return Buffer.from([...labels.map((label) => String.fromCharCode(label.length) + label), '\0'].join(''), 'latin1');
}

/** A pointer to a name in the same message (RFC 1035 §4.1.4). */
export function pointerTo(at: number): Buffer {
  return u16((POINTER << 8) | at);
}

/** A record in a message. */
export interface WireRecord {
  /** Its offset. */
  readonly at: number;
  readonly labels: readonly string[];
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
}

/** Reads `count` records; undefined if one is malformed, or if the message does not end with the last one. */
export function readRecords(message: Buffer, from: number, count: number): WireRecord[] | undefined {
  const records: WireRecord[] = [];
  let at = from;
  while (records.length < count) {
    const name = readName(message, at);
    if (name === undefined || name.end + 10 > message.length) return undefined;
    const { labels, end } = name;
    const dataAt = end + 10;
    const dataEnd = dataAt + message.readUInt16BE(end + 8);
    if (dataEnd > message.length) return undefined;
    const data = message.subarray(dataAt, dataEnd);
    const [type, recordClass] = [message.readUInt16BE(end), message.readUInt16BE(end + 2)];
    records.push({ at, labels, type, class: recordClass, ttl: message.readUInt32BE(end + 4), data });
    at = dataEnd;
  }
  return at === message.length ? records : undefined;
}

/** A record in wire format; its data may come in several parts. */
export function record(
  owner: Buffer,
  type: number,
  { ttl, class: recordClass = CLASS_IN }: { readonly ttl: number; readonly class?: number },
  ...data: readonly Buffer[]
): Buffer {
  const head = Buffer.alloc(10);
  head.writeUInt16BE(type, 0);
  head.writeUInt16BE(recordClass, 2);
  head.writeUInt32BE(ttl, 4);
  head.writeUInt16BE(
    data.reduce((bytes, { length }) => bytes + length, 0),
    8,
  );
  return Buffer.concat([owner, head, ...data]);
}

/** A number of 16 bits. */
export function u16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

/** A number of 32 bits. */
export function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A number of 48 bits. */
export function u48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}

/** A character-string (RFC 1035 §3.3) of at most 255 bytes. */
export function characterString(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** The octets of an address (RFC 1035 §3.4.1, RFC 3596 §2.2). */
export function addressOctets(address: string): Buffer {
  return isIPv6(address) ? ipv6Octets(address) : Buffer.from(address.split('.').map(Number));
}

function ipv6Octets(address: string): Buffer {
  const [head = [], tail] = address.split('::').map((part) => part.split(':').filter(Boolean).flatMap(groupOctets));
  const octets = tail === undefined ? head : [...head, ...Array(16 - head.length - tail.length).fill(0), ...tail];
  return Buffer.from(octets);
}

/** A group of four hex digits, or an IPv4 address at the end. */
function groupOctets(group: string): number[] {
  if (group.includes('.')) return group.split('.').map(Number);
  const value = Number.parseInt(group, 16);
  return [value >> 8, value & 0xff];
}
