import { faultSchema } from '../lookup/schema.js';

/**
 * Parts of route schemas. A route's schema is the one source of what it takes and answers: Fastify writes answers by it,
 * and `GET /openapi.json` is made from it.
 */

/** Tags by which the OpenAPI document groups resources; a route without one is not in it. */
export const tags = {
  lookup: 'look-up',
  feed: 'feed',
  objects: 'objects',
  agreements: 'agreements',
  events: 'events',
  webhooks: 'webhooks',
  transaction: 'transaction',
  server: 'server',
} as const;

/** For routes that need a login. */
export const digest = [{ digest: [] }];

/** For routes that read their parameters themselves, as their refusals have a form of their own. */
export const readsParameters = { validatorCompiler: () => () => true } as const;

export const text = (description: string) => ({ type: 'string', description }) as const;
export const integer = (description: string) => ({ type: 'integer', description }) as const;
export const flag = (description: string) => ({ type: 'boolean', description }) as const;
export const time = (description: string) => ({ type: 'string', format: 'date-time', description }) as const;
export const textOrNull = (description: string) => ({ type: ['string', 'null'], description }) as const;
export const integerOrNull = (description: string) => ({ type: ['integer', 'null'], description }) as const;
export const timeOrNull = (description: string) =>
  ({ type: ['string', 'null'], format: 'date-time', description }) as const;

/** A JSON object that always has all these members. */
export function record<Properties extends object>(properties: Properties, description?: string) {
  const required = Object.keys(properties);
  return { type: 'object', required, properties, ...(description === undefined ? {} : { description }) } as const;
}

/** A refusal: one sentence as plain text. */
export function refusal(description: string) {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } } as const;
}

export const noLogin = refusal('HTTP Digest is needed');

/** A refusal that names field, value and rule. */
export function faultRefusal(description: string) {
  return { description, content: { 'application/json': { schema: faultSchema } } } as const;
}
