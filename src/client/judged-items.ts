import type { Answer } from '../sppp/decode-answer.js';
import { message } from '../sppp/result.js';
import { unsendable } from '../sppp/unsendable.js';
import type { ChangeItem } from './change-item.js';
import type { Outcome, Verdict } from './outcome.js';
import type { Mode } from './resource.js';
import { wholeRequestError } from './sppp-answer.js';
import { verdictsOf } from './verdicts.js';

/** Some of the items of a request, and the place of each among all. */
export interface Selection {
  readonly items: readonly ChangeItem[];
  readonly places: readonly number[];
}

/** The items that a rule keeps. */
export function select(items: readonly ChangeItem[], keeps: (item: ChangeItem, index: number) => boolean): Selection {
  const places = [...items.keys()].filter((index) => keeps(items[index] as ChangeItem, index));
  return { items: places.map((place) => items[place] as ChangeItem), places };
}

/** The outcome that the answer to a change tells. */
export function outcomeOf(answer: Answer, items: readonly ChangeItem[], mode: Mode): Outcome {
  const { code, msg, clientTransId, serverTransId } = answer;
  const { verdicts, isIndexed } = verdictsOf(answer, items);
  const failed = countFailed(verdicts);
  if (code !== 1000 && failed === 0) throw wholeRequestError(answer);
  const applied = code === 1000 ? items.length : mode === 'atomic' ? 0 : items.length - failed;
  return {
    ...{ code, message: msg, applied, verdicts, isIndexed },
    ...(clientTransId === undefined ? {} : { clientTransId }),
    ...(serverTransId === undefined ? {} : { serverTransId }),
  };
}

/** The same outcome with other verdicts, of so many items that were sent to stay in parts. */
export function withVerdicts(outcome: Outcome, verdicts: readonly Verdict[], count: number): Outcome {
  const failed = countFailed(verdicts);
  const applied = count - failed;
  const told = failed === 0 ? { code: 1000, message: message({ code: 1000 }) } : partly(applied, count);
  return { ...outcome, ...told, applied, verdicts };
}

/** The outcome of a selection as that of all items, the others of which were done. */
export function amongAll(outcome: Outcome, { places }: Selection, count: number): Outcome {
  const moved = placed(outcome, (index) => places[index] as number);
  return { ...moved, applied: outcome.applied + count - places.length };
}

/** The same outcome of items that have other places. */
export function placed(outcome: Outcome, place: (index: number) => number): Outcome {
  const { unknownClaims } = outcome;
  const verdicts = outcome.verdicts.map((verdict) =>
    verdict.index === undefined ? verdict : { ...verdict, index: place(verdict.index) },
  );
  return { ...outcome, verdicts, ...(unknownClaims === undefined ? {} : { unknownClaims: unknownClaims.map(place) }) };
}

/** Names the places of claims of which it is not told whether they hold. */
export function withUnknownClaims(outcome: Outcome, items: readonly ChangeItem[], places: readonly number[]): Outcome {
  const claims = places.filter((place) => isClaim(items[place]));
  if (claims.length === 0) return outcome;
  return { ...outcome, unknownClaims: [...(outcome.unknownClaims ?? []), ...claims].sort((a, b) => a - b) };
}

function isClaim(item: ChangeItem | undefined): boolean {
  return item?.verb === 'add' && 'corInfo' in item.subject && item.subject.corInfo?.corClaim === true;
}

/**
 * Carries out the items that can be written. One that cannot is a failed object of its own, as if the server had judged it,
 * so that it does not make the whole request unreadable.
 */
export async function carryOutSendable<Carried extends { readonly outcome: Outcome }>(
  items: readonly ChangeItem[],
  mode: Mode,
  carryOut: (items: readonly ChangeItem[]) => Promise<Carried>,
): Promise<Carried | { readonly outcome: Outcome; readonly settled: false }> {
  const faults = items.flatMap((item, index) => faultOf(item, index) ?? []);
  if (faults.length === 0) return carryOut(items);
  const bad = new Set(faults.map(({ index }) => index));
  const good = select(items, (_, index) => !bad.has(index));
  if (mode === 'atomic' || good.items.length === 0) {
    const told = mode === 'atomic' ? { code: 2100, message: message({ code: 2100 }) } : partly(0, items.length);
    const verdicts = mode === 'atomic' ? faults.slice(0, 1) : faults;
    return { outcome: { ...told, applied: 0, verdicts, isIndexed: true }, settled: false };
  }
  const carried = await carryOut(good.items);
  const outcome = placed(carried.outcome, (index) => good.places[index] as number);
  const verdicts = [...faults, ...outcome.verdicts].sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
  return { ...carried, outcome: withVerdicts(outcome, verdicts, items.length) };
}

function faultOf(item: ChangeItem, index: number): Verdict | undefined {
  const fault = unsendable(item);
  if (fault === undefined) return undefined;
  const { code, attr, reason } = fault;
  return {
    ...{ index, verb: item.verb, code, message: message({ ...fault, object: index + 1 }), object: item.subject },
    ...(attr === undefined ? {} : { attribute: attr.attrName, value: attr.attrVal }),
    ...(reason === undefined ? {} : { reason }),
  };
}

function countFailed(verdicts: readonly Verdict[]): number {
  return verdicts.filter(({ code }) => code !== 1000).length;
}

function partly(applied: number, count: number) {
  return { code: 2100, message: `Command invalid (partial success, ${applied} of ${count} applied)` };
}
