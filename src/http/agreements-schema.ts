import {
  digest,
  faultRefusal,
  integer,
  integerOrNull,
  noLogin,
  record,
  refusal,
  tags,
  text,
  textOrNull,
  time,
  timeOrNull,
} from './route-schema.js';

const agreement = record({
  id: integer('Number of the agreement'),
  offeredTo: text('Organization that accepts'),
  offeredBy: text('Organization that owns the SED groups'),
  pattern: textOrNull('Which names of groups, * for any text; null: all'),
  createdAt: time('When it was made'),
  createdRegistrar: textOrNull('Registrar that made it; null: the operator'),
  withdrawnAt: timeOrNull('When it was withdrawn; null: it is in force'),
  withdrawnRegistrar: textOrNull('Registrar that withdrew it; null: the operator, or it is in force'),
});

const noGrant = refusal('No grant to accept offers for this organization');
const tooMany = refusal('Too many requests');
const inUse = refusal('Offers that the agreement covers are being added');
const fault = faultRefusal('A value breaks a rule');

const after = (what: string) =>
  ({
    type: 'string',
    pattern: '^[0-9]{1,15}$',
    description: `Number of the last ${what} that the client has: the answer begins behind it`,
  }) as const;
const id = { type: 'object', properties: { id: text('Number of the agreement') } } as const;
const unknown = refusal('No such agreement of an organization that the registrar may accept offers for');

/** Schemas of `/agreements` and the resources below it. */
export const agreementSchemas = {
  list: {
    tags: [tags.agreements],
    operationId: 'agreements',
    summary:
      'Agreements in force by which organizations accept offers, at most 1000; a registrar sees those that it may make',
    security: digest,
    querystring: {
      type: 'object',
      properties: {
        offeredTo: text('Organization that accepts'),
        offeredBy: text('Organization that owns the SED groups'),
        after: after('agreement'),
      },
    },
    response: {
      200: {
        description: 'The agreements, in the order in which they were made',
        ...record({
          agreements: { type: 'array', items: agreement },
          next: integerOrNull('Value of after for the next agreements; null if there are no more'),
        }),
      },
      400: fault,
      401: noLogin,
    },
  },
  make: {
    tags: [tags.agreements],
    operationId: 'makeAgreement',
    summary: 'Accepts from now on the offers of an organization when they are made',
    security: digest,
    body: {
      type: 'object',
      required: ['offeredTo', 'offeredBy'],
      additionalProperties: false,
      properties: {
        offeredTo: text('Organization that accepts'),
        offeredBy: text('Organization that owns the SED groups'),
        pattern: textOrNull('Which names of groups, 1 to 80 characters, * for any text; all without it'),
      },
    },
    response: {
      200: { description: 'An equal agreement is in force', ...agreement },
      201: { description: 'The new agreement', ...agreement },
      400: fault,
      401: noLogin,
      403: noGrant,
      415: refusal('The body is not application/json'),
      429: tooMany,
      503: inUse,
    },
  },
  offers: {
    tags: [tags.agreements],
    operationId: 'acceptedOffers',
    summary: 'Offers that an agreement accepted and that are there, at most 1000',
    security: digest,
    params: id,
    querystring: { type: 'object', properties: { after: after('offer') } },
    response: {
      200: {
        description: 'The offers, in the order in which they were made',
        ...record({
          offers: {
            type: 'array',
            items: record({ name: text('Name of the SED group'), acceptDateTime: time('When it was accepted') }),
          },
          next: integerOrNull('Value of after for the next offers; null if there are no more'),
        }),
      },
      400: fault,
      401: noLogin,
      404: unknown,
    },
  },
  withdraw: {
    tags: [tags.agreements],
    operationId: 'withdrawAgreement',
    summary: 'Ends an agreement; what it accepted stays accepted',
    security: digest,
    params: id,
    response: {
      200: { description: 'The agreement, withdrawn now or before', ...agreement },
      401: noLogin,
      404: unknown,
      429: tooMany,
      503: inUse,
    },
  },
} as const;
