import { nounOf } from '../model/noun.js';
import type { FailedObject } from '../registry/journal/failed-objects.js';
import { beginning } from '../sppp/failure.js';
import type { Detail } from '../sppp/message.js';
import { succeeded } from '../sppp/result.js';
import { NUMBER_STAND_IN, TEXT_STAND_IN } from '../sppp/simple-types.js';
import { ownText } from '../values/text.js';
import { journalNameOf } from './history.js';

/** Failures of one request that are stored beside its journal row, and characters of their values in all. */
export const MAX_STORED_FAILURES = 10_000;
export const MAX_STORED_CHARACTERS = 4_194_304;

/** Characters of one value that are stored. */
export const MAX_STORED_VALUE = 16_384;

/** Characters that an identifier can have: that of an offer has a name and an organization. */
const MAX_IDENTIFIER = 2048;

/** The failures of a request. */
export class Failures {
  count = 0;
  /** Number of failures by code. */
  readonly codes = new Map<number, number>();
  /** Number of failures by verb and noun. */
  readonly kinds = new Map<string, number>();
  /** The first ones, in the order of the request, as they are stored. */
  readonly stored: FailedObject[] = [];
  #characters = 0;

  add(detail: Detail): void {
    const { verb, subject, result } = detail;
    if (result.code === succeeded.code) return;
    const kind = `${verb} ${nounOf(subject)}`;
    this.count += 1;
    this.codes.set(result.code, (this.codes.get(result.code) ?? 0) + 1);
    this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
    if (this.stored.length === MAX_STORED_FAILURES || this.#characters > MAX_STORED_CHARACTERS) return;
    const one = failedObject(detail);
    if (one === undefined) return;
    this.#characters += one.attrVal.length;
    if (this.#characters <= MAX_STORED_CHARACTERS) this.stored.push(one);
  }
}

/** A failure as it is stored; undefined if it is about no element. It holds no reference to the text of the request. */
export function failedObject({ verb, index, subject, result }: Detail): FailedObject | undefined {
  const { code, attr, reason } = result;
  if (attr === undefined || code === succeeded.code) return undefined;
  const { registrant, noun, key } = journalNameOf(subject);
  const attrVal = ownText(beginning(attr.attrVal, MAX_STORED_VALUE));
  return {
    index: index + 1,
    verb,
    registrant: ownText(beginning(registrant, 255)),
    noun,
    identifier: namesNothing(key) ? null : ownText(key),
    code,
    attrName: attr.attrName,
    attrVal,
    isCut: attr.isCut === true || attrVal !== attr.attrVal,
    reason: reason === undefined ? null : ownText(reason),
  };
}

/** Whether an identifier is no valid value: it stands in for the one that was sent. */
function namesNothing(key: string): boolean {
  return key.length > MAX_IDENTIFIER || key.includes(NUMBER_STAND_IN) || key.includes(TEXT_STAND_IN);
}
