/**
 * The permissions, directly from the RFCs and the operator's grants: no table and nothing computed
 * beforehand; every question goes through all grants one by one, and numbers are compared digit by digit.
 */

export const nouns = ['DestGrp', 'PubId', 'SedRec', 'SedGrp', 'SedGrpOffer', 'EgrRte'] as const;
export type ModelNoun = (typeof nouns)[number];
export type ModelVerb = 'add' | 'delete' | 'accept' | 'reject' | 'get';

export interface ModelGrant {
  readonly registrar: string;
  readonly org: string;
  readonly nouns?: readonly string[] | undefined;
  readonly verbs?: readonly string[] | undefined;
  readonly spans?: readonly string[] | undefined;
}

/** A number, a range (`start-end`) or a prefix (`1202…` with an asterisk). */
export type ModelNumber = string;

export interface Act {
  readonly registrar: string;
  readonly verb: ModelVerb;
  readonly noun: ModelNoun;
  readonly rant: string;
  /** Of public identifiers. */
  readonly number?: ModelNumber | undefined;
  /** Of offers. */
  readonly offeredTo?: string | undefined;
  /** Organizations that accepted the group, or a group that the record is in. */
  readonly peers?: readonly string[] | undefined;
  /** The objects that an added object names, with their registrants. */
  readonly names?: { readonly noun: 'SedRec' | 'SedGrp'; readonly rant: string } | undefined;
}

export function isAllowed(act: Act, grants: readonly ModelGrant[]): boolean {
  const { names, ...bare } = act;
  if (names !== undefined && act.verb === 'add') {
    // A reference shows that the object exists, and publishes it: so the grant must allow at least reading it.
    const reading: Act = { registrar: act.registrar, verb: 'get', ...names };
    if (!isAllowed(reading, grants)) return false;
  }
  return isAllowedByItself(bare, grants);
}

function isAllowedByItself(act: Act, grants: readonly ModelGrant[]): boolean {
  const { registrar, verb, noun, rant, number, offeredTo, peers = [] } = act;
  const lets = (org: string): boolean => {
    for (const grant of grants) {
      if (grant.registrar !== registrar || grant.org !== org) continue;
      if (grant.nouns !== undefined && !grant.nouns.includes(noun)) continue;
      if (grant.verbs !== undefined && !grant.verbs.includes(verb)) continue;
      if (grant.spans === undefined || noun !== 'PubId' || verb === 'get') return true;
      if (grant.spans.some((span) => number !== undefined && isInside(number, span))) return true;
    }
    return false;
  };
  switch (verb) {
    case 'accept':
    case 'reject':
      return noun === 'SedGrpOffer' && offeredTo !== undefined && lets(offeredTo);
    case 'get':
      if (lets(rant)) return true;
      if (noun === 'SedGrpOffer') return offeredTo !== undefined && lets(offeredTo);
      return (noun === 'SedGrp' || noun === 'SedRec') && peers.some(lets);
    default:
      return lets(rant);
  }
}

/** Whether every number of the first is one of the second: of all numbers that begin as it does, up to 21 digits long. */
export function isInside(number: ModelNumber, span: string): boolean {
  if (!/^[0-9]+(-[0-9]+|\*)?$/.test(number)) return false;
  const [low, high] = endsOf(number);
  const [least = '', most = ''] = span.includes('-') ? span.split('-') : [span, span];
  // The lowest number that begins with the start, and the highest that begins with the end.
  return low >= least.padEnd(21, ' ') && high <= most.padEnd(21, '~');
}

function endsOf(number: ModelNumber): [string, string] {
  if (number.endsWith('*')) return [number.slice(0, -1).padEnd(21, ' '), number.slice(0, -1).padEnd(21, '~')];
  const [start = '', end] = number.split('-');
  return [start.padEnd(21, ' '), end === undefined ? start.padEnd(21, ' ') : end.padEnd(21, '~')];
}

/** Numbers that look random and are the same for the same seed. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below. */
  below(most: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % most;
  }

  one<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  some<T>(from: readonly T[]): T[] {
    const chosen = from.filter(() => this.below(2) === 0);
    return chosen.length === 0 ? [this.one(from)] : chosen;
  }

  digits(): string {
    return `12${Array.from({ length: 1 + this.below(4) }, () => this.below(4)).join('')}`;
  }
}

export const modelVerbs = ['add', 'delete', 'accept', 'reject', 'get'] as const;

/** Grants of every kind, none of them likely to reach everything. */
export function randomGrants(
  dice: Dice,
  registrars: readonly string[],
  orgs: readonly string[],
  count: number,
): ModelGrant[] {
  return Array.from({ length: count }, () => ({
    registrar: dice.one(registrars),
    org: dice.one(orgs),
    nouns: dice.below(2) === 0 ? undefined : dice.some(nouns),
    verbs: dice.below(2) === 0 ? undefined : dice.some(modelVerbs),
    spans: dice.below(2) === 0 ? undefined : Array.from({ length: 1 + dice.below(3) }, () => randomSpan(dice)),
  }));
}

function randomSpan(dice: Dice): string {
  const [a = '', z = ''] = [dice.digits(), dice.digits()].sort();
  return dice.below(2) === 0 ? a : `${a}-${z}`;
}
