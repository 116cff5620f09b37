/** A JSON Schema of draft 2020-12, as far as ours use it. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** A kind of event: its name with its version, and what it tells. */
export interface EventType {
  /** Such as `sppp.offer.made.v1`. A version may get more members of `data`; what it has keeps its meaning. */
  readonly type: string;
  /** What has happened. */
  readonly meaning: string;
  /** Whom the event is for. */
  readonly audience: string;
  /** Of `data`. */
  readonly schema: JsonSchema;
  /** An example of the envelope's `subject`. */
  readonly subject: string;
  /** An example of `data`. */
  readonly example: Readonly<Record<string, unknown>>;
}

/** A kind of event before its schema is whole: the members that `data` has, and those that it may have besides. */
export interface EventMembers extends Omit<EventType, 'schema'> {
  readonly members: Readonly<Record<string, JsonSchema>>;
  readonly optional?: Readonly<Record<string, JsonSchema>>;
}

/** Makes the schema of a kind of event from its members. */
export function eventType({ members, optional = {}, ...kind }: EventMembers): EventType {
  const { type, meaning } = kind;
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:sppp:event:${type}`,
    title: type,
    description: meaning,
    type: 'object',
    properties: { ...members, ...optional },
    required: Object.keys(members),
  };
  return { ...kind, schema };
}

/** A member that holds a text. */
export function text(description: string, more: JsonSchema = {}): JsonSchema {
  return { description, type: 'string', ...more };
}

/** A member that holds one of a few words. */
export function oneOf(description: string, words: readonly string[]): JsonSchema {
  return { description, type: 'string', enum: words };
}

/** A member that holds an organization id. */
export function orgId(description: string): JsonSchema {
  return text(description, { pattern: '^[^:]+:[^:]+$' });
}

/** A member that holds a time, as RFC 3339 has times. */
export function time(description: string): JsonSchema {
  return text(description, { format: 'date-time' });
}

/** The same member, or null. */
export function orNull(member: JsonSchema): JsonSchema {
  return { ...member, type: [member.type, 'null'] };
}
