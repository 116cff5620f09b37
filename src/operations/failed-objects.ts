import type { FailedObject } from '../registry/failed-objects.js';
import { beginning } from '../sppp/failure.js';
import type { Detail } from '../sppp/message.js';
import { succeeded } from '../sppp/result.js';
import { NUMBER_STAND_IN, TEXT_STAND_IN } from '../sppp/simple-types.js';
import { nameOf } from './history.js';

/** Failures of one request that are kept beside its journal row, and characters of their values in all. */
export const MAX_KEPT_FAILURES = 10_000;
export const MAX_KEPT_CHARACTERS = 4_194_304;

/** Characters of one value that are kept. */
export const MAX_KEPT_VALUE = 16_384;

/** Characters that an identifier can have: that of an offer has a name and an organization. */
const MAX_IDENTIFIER = 2048;

/** What of a request failed, as it is kept: the first ones, in the order of the request. */
export function failedObjects(details: readonly Detail[]): FailedObject[] {
  const failed: FailedObject[] = [];
  let characters = 0;
  for (const detail of details) {
    const one = failedObject(detail);
    if (one === undefined) continue;
    characters += one.attrVal.length;
    if (failed.length === MAX_KEPT_FAILURES || characters > MAX_KEPT_CHARACTERS) break;
    failed.push(one);
  }
  return failed;
}

function failedObject({ verb, index, subject, result }: Detail): FailedObject | undefined {
  const { code, attr, reason = null } = result;
  if (attr === undefined || code === succeeded.code) return undefined;
  const { registrant, noun, key } = nameOf(subject);
  const attrVal = beginning(attr.attrVal, MAX_KEPT_VALUE);
  return {
    index: index + 1,
    verb,
    registrant: beginning(registrant, 255),
    noun,
    identifier: namesNothing(key) ? null : key,
    code,
    attrName: attr.attrName,
    attrVal,
    isCut: attr.isCut === true || attrVal !== attr.attrVal,
    reason,
  };
}

/** Whether what should name an object is no valid value: the one that was sent may be the one at fault. */
function namesNothing(key: string): boolean {
  return key.length > MAX_IDENTIFIER || key.includes(NUMBER_STAND_IN) || key.includes(TEXT_STAND_IN);
}
