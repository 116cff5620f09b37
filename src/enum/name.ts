import { MAX_NUMBER_LENGTH } from '../values/digits.js';
import type { Query } from './query.js';
import type { Apex } from './settings.js';
import { HEADER_BYTES, nameOctets } from './wire.js';

/** The apex that the name of a question is at or below. */
export interface Place {
  readonly apex: Apex;
  /** Offset of the apex in the message. */
  readonly at: number;
}

/** Apexes as the ends of names on the wire. Names are compared byte by byte, as each question needs it. */
export class Apexes {
  readonly #deepestFirst: readonly { readonly apex: Apex; readonly octets: Buffer }[];

  constructor(apexes: readonly Apex[]) {
    this.#deepestFirst = apexes
      .map((apex) => ({ apex, octets: nameOctets(apex.labels) }))
      .sort((a, b) => b.octets.length - a.octets.length);
  }

  /** The deepest apex that the name is at or below. */
  placeOf({ bytes, questionEnd }: Query): Place | undefined {
    for (const { apex, octets } of this.#deepestFirst) {
      const at = questionEnd - 4 - octets.length;
      if (isLabelAt(bytes, at) && isNameAt(bytes, at, octets)) return { apex, at };
    }
    return undefined;
  }
}

/** Whether one of the labels of the question's name begins at an offset. */
function isLabelAt(bytes: Buffer, at: number): boolean {
  let start = HEADER_BYTES;
  while (start < at) start += 1 + (bytes[start] ?? 0);
  return start === at;
}

/** Compares without regard to case (RFC 4343 §3). Lengths of labels are below the letters. */
function isNameAt(bytes: Buffer, at: number, lowerCase: Buffer): boolean {
  for (let index = 0; index < lowerCase.length; index++) {
    const octet = bytes[at + index] ?? 0;
    if ((octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet) !== lowerCase[index]) return false;
  }
  return true;
}

/**
 * The identifier of a name below an apex: one digit per label, the last digit first (RFC 6116 §3.2). Undefined if the name is
 * none, or has more digits than a number in the registry can have (NumberValType, RFC 7877 §12).
 */
export function identifierOf({ bytes }: Query, { apex, at }: Place): string | undefined {
  const octets = at - HEADER_BYTES;
  if (octets % 2 !== 0 || octets / 2 > MAX_NUMBER_LENGTH) return undefined;
  let identifier = apex.isRouting ? 'rn=' : '+';
  for (let label = at - 2; label >= HEADER_BYTES; label -= 2) {
    const digit = bytes[label + 1] ?? 0;
    if (bytes[label] !== 1 || digit < 0x30 || digit > 0x39) return undefined;
    identifier += String.fromCharCode(digit);
  }
  return identifier;
}

/** Fewest digits of a name that can be a whole number. */
const MIN_NUMBER_DIGITS = 7;

/** Whether an identifier has so few digits that it is always treated as the beginning of numbers. */
export function isBeginning(identifier: string): boolean {
  return identifier.replace(/^\D+/, '').length < MIN_NUMBER_DIGITS;
}
