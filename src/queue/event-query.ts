import { eventTypes } from '../events/event-types.js';
import { type ParameterFault, shortened } from '../values/parameter-fault.js';

/** Events of one answer, where the reader names no number, and at most. */
const USUAL_EVENTS = 100;
const MAX_EVENTS = 1000;

/** Seconds that a reader waits at most. */
const MAX_WAIT = 60;

/** Types and prefixes in one query. */
const MAX_TYPES = 100;

/** What a reader of events asks for. */
export interface EventQuery {
  /** Position; undefined: where its consumer is, or the beginning. */
  readonly after: number | undefined;
  /** Undefined: of all types. */
  readonly types: ReadonlySet<string> | undefined;
  readonly consumer: string | undefined;
  /** Organization id. */
  readonly organization: string | undefined;
  /** Seconds. */
  readonly wait: number;
  readonly limit: number;
}

/** A query without parameters. */
const unasked: EventQuery = {
  after: undefined,
  types: undefined,
  consumer: undefined,
  organization: undefined,
  wait: 0,
  limit: USUAL_EVENTS,
};

export const CONSUMER_RULE = 'up to 64 letters, digits, dots, colons, hyphens and underscores; not . or ..';
export const POSITION_RULE = `a position: a whole number up to ${Number.MAX_SAFE_INTEGER}`;
export const TYPES_RULE = `up to ${MAX_TYPES} types of GET /events/schemas, or prefixes of some such as sppp.offer.*`;

/** How one parameter is read; undefined: its value breaks the rule. */
interface Parameter<Value> {
  readonly rule: string;
  readonly read: (value: string) => Value | undefined;
}

const parameters = {
  after: { rule: POSITION_RULE, read: positionOf },
  types: { rule: TYPES_RULE, read: typesOf },
  consumer: { rule: CONSUMER_RULE, read: consumerOf },
  organization: { rule: 'an organization id of 1 to 255 characters', read: organizationOf },
  wait: { rule: `seconds: a whole number up to ${MAX_WAIT}`, read: (text: string) => numberIn(text, 0, MAX_WAIT) },
  limit: { rule: `a whole number from 1 to ${MAX_EVENTS}`, read: (text: string) => numberIn(text, 1, MAX_EVENTS) },
} satisfies Readonly<Record<string, Parameter<unknown>>>;

type Name = keyof typeof parameters;

/** The parameters that a registrar's query may have, and an operator's. */
export const registrarParameters = ['after', 'types', 'consumer', 'wait', 'limit'] as const satisfies Name[];
export const operatorParameters = ['after', 'types', 'organization', 'wait', 'limit'] as const satisfies Name[];

/** Reads a query. A parameter may be whatever a query string can make: a text, or an array of texts; `types` may be repeated. */
export function readEventQuery(
  given: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): EventQuery | ParameterFault {
  const read: Partial<Record<Name, unknown>> = {};
  for (const field in given) {
    const values = [given[field]].flat().map(String);
    const name = names.find((each) => each === field);
    if (name === undefined) return faultOf(field, values.join(' '), `${names.join(', ')} only`);
    if (values.length > 1 && name !== 'types') return faultOf(field, values.join(' '), 'once');
    const value = values.join(',');
    read[name] = parameters[name].read(value);
    if (read[name] !== undefined) continue;
    return faultOf(field, name === 'types' ? wrongTypeIn(value) : value, parameters[name].rule);
  }
  return { ...unasked, ...(read as Partial<EventQuery>) };
}

/** A position of JSON or of a query; undefined: it is none. */
export function positionOf(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' ? numberIn(text, 0, Number.MAX_SAFE_INTEGER) : undefined;
}

/** The name of a consumer; undefined: it is none. A URL cannot end with `.` or `..`, which clients resolve (RFC 3986 §5.2.4). */
export function consumerOf(value: unknown): string | undefined {
  return typeof value === 'string' && /^(?!\.{1,2}$)[A-Za-z0-9._:-]{1,64}$/.test(value) ? value : undefined;
}

function organizationOf(value: string): string | undefined {
  return /^\P{Cc}{1,255}$/u.test(value) ? value : undefined;
}

function numberIn(text: string, min: number, max: number): number | undefined {
  if (!/^[0-9]{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= min && value <= max ? value : undefined;
}

function typesOf(value: string): ReadonlySet<string> | undefined {
  const patterns = value.split(',');
  return areTypes(patterns) ? new Set(patterns.flatMap(typesLike)) : undefined;
}

/** Whether texts are types and prefixes of some, as `TYPES_RULE` has it. */
export function areTypes(patterns: readonly string[]): boolean {
  return patterns.length <= MAX_TYPES && patterns.every((pattern) => typesLike(pattern).length > 0);
}

/** The types that a pattern stands for. */
function typesLike(pattern: string): string[] {
  const names = eventTypes.map(({ type }) => type);
  if (!pattern.endsWith('.*')) return names.filter((name) => name === pattern);
  return names.filter((name) => name.startsWith(pattern.slice(0, -1)));
}

function wrongTypeIn(value: string): string {
  const patterns = value.split(',');
  return patterns.find((pattern) => typesLike(pattern).length === 0) ?? `${patterns.length} types`;
}

function faultOf(field: string, value: string, rule: string): ParameterFault {
  return { field, value: shortened(value), rule };
}
