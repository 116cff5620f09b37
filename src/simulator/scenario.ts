import { isKeyFault, readKey } from '../forms/key-text.js';
import { identityOf } from '../model/identity.js';
import type { Key } from '../model/key.js';
import { OperatorError } from '../operator-error.js';
import { type RequestRule, requests, type Verb } from '../sppp/grammar.js';
import type { ObjCode, OverallCode } from '../sppp/result.js';

/** What a rule does to the requests that it is about. */
export interface Rule {
  /** Its place in the file, from 0, for messages and logs. */
  readonly place: number;
  /** Identities of the objects that it is about; undefined: every request. */
  readonly identities: ReadonlySet<string> | undefined;
  /** Names of the operations that it is about; undefined: all. */
  readonly operations: ReadonlySet<string> | undefined;
  /** How many requests it acts on; then it is used up. */
  readonly times: number;
  readonly deed: Deed;
  /** Milliseconds before the answer. */
  readonly delay: number | undefined;
}

/** What happens to a request, once, besides a delay. */
export type Deed =
  | { readonly is: 'overall'; readonly code: OverallCode; readonly retryAfter: number | undefined }
  | { readonly is: 'object'; readonly code: ObjCode }
  | { readonly is: 'http'; readonly status: number; readonly retryAfter: number | undefined }
  | { readonly is: 'cut'; readonly when: (typeof cuts)[number] }
  | { readonly is: 'delay' };

const overallCodes = [2000, 2002, 2100, 2300, 2301] as const satisfies readonly OverallCode[];
const objCodes = [2101, 2102, 2103] as const satisfies readonly ObjCode[];
const cuts = ['beforeCommit', 'afterCommit'] as const;
const members = ['keys', 'operations', 'times', 'answer', 'http', 'cut', 'delay', 'retryAfter'] as const;
const deeds = ['answer', 'http', 'cut'] as const;

type RuleText = Readonly<Partial<Record<(typeof members)[number], unknown>>>;

/** Longest delay, in seconds: more than any client waits. */
const MAX_DELAY_MS = 3_600_000;

/**
 * Reads a scenario: `{"rules": [{"keys": [...], "times": 2, "answer": 2300}, ...]}` (docs/carriers.md).
 *
 * @param file its name, for messages
 * @throws OperatorError with a line for each fault
 */
export function readScenario(file: string, text: string): Rule[] {
  const faults: string[] = [];
  const refuse: Refuse = (place, value, rule) => void faults.push(`${file}: ${place}: ${shown(value)}: ${rule}`);
  const rules = rulesIn(parsed(file, text), refuse);
  if (faults.length > 0) throw new OperatorError(faults.join('\n'));
  return rules;
}

type Refuse = (place: string, value: unknown, rule: string) => void;

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new OperatorError(`${file}: not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function rulesIn(value: unknown, refuse: Refuse): Rule[] {
  if (!isRecord(value) || !Array.isArray(value.rules)) {
    refuse('rules', isRecord(value) ? value.rules : value, 'an object with a list "rules"');
    return [];
  }
  for (const name of Object.keys(value)) if (name !== 'rules') refuse(name, value[name], 'no member but rules');
  return value.rules.flatMap((rule: unknown, place) => {
    if (isRecord(rule)) return [ruleIn(rule, place, refuse)];
    refuse(`rules[${place}]`, rule, 'an object');
    return [];
  });
}

function ruleIn(rule: RuleText, place: number, refuse: Refuse): Rule {
  const at = (name: string) => `rules[${place}].${name}`;
  for (const [name, value] of Object.entries(rule)) {
    if (!members.some((each) => each === name)) refuse(at(name), value, `one of ${members.join(', ')}`);
  }
  const wholeNumber = (name: 'times' | 'delay' | 'retryAfter', min: number, max: number): number | undefined => {
    const value = rule[name];
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    refuse(at(name), value, `a whole number from ${min} to ${max}`);
    return undefined;
  };
  const texts = (name: 'keys' | 'operations'): [string, string][] | undefined => {
    const value = rule[name];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string')) {
      return value.map((each: string, index) => [at(`${name}[${index}]`), each]);
    }
    refuse(at(name), value, 'a list of texts that is not empty');
    return undefined;
  };
  const given = {
    times: wholeNumber('times', 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY,
    delay: wholeNumber('delay', 1, MAX_DELAY_MS),
    retryAfter: wholeNumber('retryAfter', 0, 86_400),
    keys: texts('keys'),
    operations: texts('operations'),
  };
  const { times, delay, retryAfter } = given;
  const keys = given.keys?.flatMap(([where, text]) => keysOf(where, text, refuse));
  const names = given.operations?.flatMap(([where, name]) => known(where, name, keys ?? [], refuse));
  return {
    ...{ place, times, delay },
    identities: keys && new Set(keys.map(identityOf)),
    operations: names && new Set(names),
    deed: deedIn(rule, retryAfter, at, refuse),
  };
}

function keysOf(where: string, text: string, refuse: Refuse): Key[] {
  const key = readKey(text, undefined);
  if (!isKeyFault(key)) return [key];
  refuse(where, text, key.field === 'key' ? key.rule : `${key.field}: ${key.rule}`);
  return [];
}

/** The operation of that name, if there is one that can have one of the keys. */
function known(where: string, name: string, keys: readonly Key[], refuse: Refuse): string[] {
  const request = requests.find(({ operation }) => operation === name);
  if (request === undefined) refuse(where, name, `one of ${requests.map(({ operation }) => operation).join(', ')}`);
  else if (keys.length > 0 && !keys.some((key) => canHave(request, key)))
    refuse(where, name, 'it has none of the keys, so the rule would never act on it');
  else return [name];
  return [];
}

/** Whether a request of an operation can have a key: Status has none, and operations on offers have those of offers. */
function canHave({ kind, verbs }: RequestRule, key: Key): boolean {
  const isAboutOffers = kind === 'offer query' || [...verbs.values()].every((verb) => answersOffer.has(verb));
  return verbs.size > 0 && (!isAboutOffers || key.kind === 'SedGrpOfferKeyType');
}

const answersOffer: ReadonlySet<Verb> = new Set(['accept', 'reject']);

function deedIn(rule: RuleText, retryAfter: number | undefined, at: (name: string) => string, refuse: Refuse): Deed {
  const named = deeds.filter((name) => rule[name] !== undefined);
  const [name] = named;
  if (named.length > 1) refuse(at(String(named[1])), rule[named[1] ?? 'cut'], `not together with ${name}`);
  if (name === undefined && rule.delay === undefined) {
    refuse(at('answer'), undefined, `a rule has one of ${deeds.join(', ')}, or a delay, or both`);
  }
  const deed = name === undefined ? ({ is: 'delay' } as const) : deedNamed(name, rule[name], retryAfter);
  if (deed === undefined) refuse(at(String(name)), rule[name ?? 'cut'], rulesOfDeeds[name ?? 'cut']);
  else if (deed.is === 'object' && rule.keys === undefined)
    refuse(at('keys'), undefined, `${deed.code} is about objects`);
  if (rule.retryAfter !== undefined && deed !== undefined && !('retryAfter' in deed)) {
    refuse(at('retryAfter'), rule.retryAfter, 'only with http, or with an answer that is not about an object');
  }
  return deed ?? { is: 'delay' };
}

const rulesOfDeeds = {
  answer: `one of ${[...overallCodes, ...objCodes].join(', ')}`,
  http: 'an HTTP status from 400 to 599',
  cut: `one of ${cuts.join(', ')}`,
} as const;

function deedNamed(name: (typeof deeds)[number], value: unknown, retryAfter: number | undefined): Deed | undefined {
  if (name === 'cut') {
    const when = cuts.find((each) => each === value);
    return when && { is: 'cut', when };
  }
  if (name === 'http') {
    const isStatus = typeof value === 'number' && Number.isInteger(value) && value >= 400 && value <= 599;
    return isStatus ? { is: 'http', status: value, retryAfter } : undefined;
  }
  const overall = overallCodes.find((code) => code === value);
  if (overall !== undefined) return { is: 'overall', code: overall, retryAfter };
  const code = objCodes.find((each) => each === value);
  return code && { is: 'object', code };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A value for a message. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
