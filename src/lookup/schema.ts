import { sedRecColumnList, sedRecKindNames } from '../model/sed-rec-kinds.js';
import { MAX_LENGTH } from './question.js';

/** Parameters and answers of look-ups and feeds as JSON Schema: what Fastify reads and writes by, and what OpenAPI shows. */

const text = (description: string) => ({ type: 'string', description }) as const;
const number = (description: string) => ({ type: 'integer', description }) as const;
const asked = (description: string) => ({ type: 'string', maxLength: MAX_LENGTH, description }) as const;

export const formats = ['json', 'rtjson', 'naptr'] as const;
export type Format = (typeof formats)[number];

export const querySchema = {
  type: 'object',
  required: ['asker'],
  additionalProperties: false,
  properties: {
    asker: { ...asked('Organization id of who asks; the caller needs a grant for it'), minLength: 1 },
    sourceUri: asked('URI of the calling party'),
    sourceIp: asked('IP address of the client that the look-up is for'),
    rootDomain: asked('Root domain of the look-up'),
    format: { type: 'string', enum: formats, description: 'Instead of an Accept header' },
  },
} as const;

export const feedQuerySchema = {
  type: 'object',
  required: ['asker'],
  properties: {
    asker: {
      type: 'string',
      maxLength: 255,
      description: 'Organization id of who follows; the caller needs a grant to read everything of it',
    },
    since: {
      type: 'string',
      maxLength: 65_536,
      description: 'Cursor from the last line of the pull before; a snapshot without it',
    },
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
    position: number('Place in the order in which records are to be tried, from 1'),
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
    identifier: text('As it was asked for'),
    asker: text('As whom it was asked for'),
    records: { type: 'array', items: recordSchema, description: 'In the order in which they are to be tried' },
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
    rule: text('What it has to be'),
  },
} as const;
