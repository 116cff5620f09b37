import { sedRecColumnList, sedRecKindNames } from '../model/sed-rec-kinds.js';
import { formats, MAX_LENGTH } from './question.js';

/** Questions and answers of look-ups as JSON Schema: answers are written by it, and the OpenAPI document shows it. */

const text = (description: string) => ({ type: 'string', description }) as const;
const number = (description: string) => ({ type: 'integer', description }) as const;

/** A value of a question: of bounded length, without control characters. */
const value = (description: string) =>
  ({ type: 'string', maxLength: MAX_LENGTH, pattern: '^\\P{Cc}*$', description }) as const;

/** Media types of the answers, by format. */
export const mediaTypes = {
  json: 'application/json; charset=utf-8',
  rtjson: 'application/vnd.kamailio.rtjson+json; charset=utf-8',
  naptr: 'text/dns; charset=utf-8',
} as const;

/** Identifiers that `readLookup` takes; a test holds the two against each other. */
export const identifierSchema = {
  ...value(
    'Digits with or without +, rn= and digits for a routing number, or a URI, percent-encoded; uri= before one without a scheme',
  ),
  minLength: 1,
  anyOf: [
    { pattern: '^(?:(?:tn|rn)=)?\\+?[0-9]+$', description: 'A number' },
    {
      pattern: '^(?![TtRr][Nn]=)(?:(?=[\\s\\S]*@)|(?![+\\p{Nd}]))[\\s\\S]*\\p{L}',
      description: 'A URI: it has a letter, and does not begin like a number unless it has an @',
    },
  ],
} as const;

/** Queries that `readLookup` takes; a test holds the two against each other. */
export const querySchema = {
  type: 'object',
  required: ['asker'],
  additionalProperties: false,
  properties: {
    asker: { ...value('Organization id of the asker; the caller needs a grant for it'), minLength: 1 },
    sourceUri: value('URI of the calling party'),
    sourceIp: {
      ...value('IP address of the client that the look-up is for'),
      anyOf: [{ maxLength: 0 }, { format: 'ipv4' }, { format: 'ipv6' }],
    },
    rootDomain: value('Root domain of the look-up'),
    format: { type: 'string', enum: formats, description: 'Instead of an Accept header' },
  },
} as const;

const ofKinds = Object.fromEntries(
  sedRecColumnList.map(([, { member, type, meaning }]) => [
    member,
    type === 'integer' ? number(meaning) : text(meaning),
  ]),
);

const recordSchema = {
  type: 'object',
  required: ['position', 'registrant', 'recordRegistrant', 'sedRecord', 'kind', 'priority'],
  properties: {
    position: number('Place in the order in which a client tries the records, from 1'),
    registrant: text('Organization whose identifier was found'),
    cor: { type: 'boolean', description: 'Whether it is carrier of record; absent where it does not claim to be' },
    sedGroup: text('SED group; absent where the number refers to the record itself'),
    groupPriority: number('Priority of the SED group, lower first'),
    recordRegistrant: text('Organization that owns the record'),
    sedRecord: text('Name of the record'),
    kind: { type: 'string', enum: sedRecKindNames, description: 'Kind of the record' },
    sedFunction: { type: 'string', enum: ['routing', 'lookup'], description: 'What the record is for' },
    priority: number('Priority of the record in its group, lower first'),
    egressRoute: text("The asker's egress route that rewrote the record"),
    pref: number('Preference of the egress route, lower first'),
    ...ofKinds,
    ipAddresses: { type: 'array', items: { type: 'string' }, description: 'Addresses of the name server' },
    ttl: number('Seconds that the record may be kept'),
    finalUri: text('The URI, where it can be computed'),
  },
} as const;

export const answerSchema = {
  type: 'object',
  required: ['identifier', 'asker', 'records'],
  properties: {
    identifier: text('The identifier of the question'),
    asker: text('The asker of the question'),
    records: { type: 'array', items: recordSchema, description: 'In the order in which a client tries them' },
  },
} as const;

export const rtJsonSchema = {
  type: 'object',
  required: ['version', 'routing', 'routes'],
  properties: {
    version: { type: 'string', const: '1.0' },
    routing: { type: 'string', const: 'serial' },
    routes: {
      type: 'array',
      items: { type: 'object', required: ['uri'], properties: { uri: text('Request URI') } },
    },
  },
} as const;

export const faultSchema = {
  type: 'object',
  required: ['field', 'value', 'rule'],
  properties: {
    field: text('Name of the parameter'),
    value: text('As it was given'),
    rule: text('The rule that it breaks'),
  },
} as const;
