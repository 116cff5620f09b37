import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Caller } from '../authority/caller.js';
import { acceptsFor, mayAgree } from '../authority/may.js';
import { type RequestThrottle, TooManyRequestsError } from '../intake/accounts.js';
import {
  type Agreement,
  type AgreementFilter,
  AgreementInUseError,
  findAgreement,
  listAccepted,
  listAgreements,
  makeAgreement,
  type NewAgreement,
  withdrawAgreement,
} from '../registry/access/agreements.js';
import { type ParameterFault, parameterFault } from '../values/parameter-fault.js';
import { agreementSchemas } from './agreements-schema.js';
import type { Admitted } from './authenticate.js';
import { HttpRefusedError } from './http-refused.js';
import { readJsonBody } from './json-body.js';
import { sendFault } from './parameter-fault.js';
import { readsParameters } from './route-schema.js';
import { tooManyRequests } from './too-many-requests.js';

export interface AgreementsParts {
  readonly pool: Pool;
  readonly clock: () => Date;
  readonly throttle: Pick<RequestThrottle, 'enter'>;
  readonly authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>;
}

type Query = Readonly<Record<string, unknown>>;

/** Agreements, or offers, in one answer. */
const MAX_LISTED = 1000;

/**
 * `/agreements`: whose offers organizations accept when they are made (RFC 6461 REQ-MISC-2), for the registrars that may accept
 * offers for them.
 */
export function addAgreementsRoute(
  app: FastifyInstance,
  { pool, clock, throttle, authenticate }: AgreementsParts,
): void {
  const enter = async (request: FastifyRequest): Promise<Caller> => {
    const { caller } = await authenticate(request);
    const slowed = throttle.enter(caller.registrarId);
    if (slowed === undefined) return caller;
    throw tooManyRequests(new TooManyRequestsError(slowed), caller);
  };

  /** An agreement that the caller may make, by its number as the request has it. */
  const findOwn = async (caller: Caller, id: string): Promise<Agreement> => {
    const found = /^[1-9][0-9]{0,8}$/.test(id) ? await findAgreement(pool, Number(id)) : undefined;
    if (found !== undefined && mayAgree(caller, found.offeredTo)) return found;
    throw new HttpRefusedError(404, 'No such agreement of an organization that you may accept offers for.');
  };

  app.get<{ Querystring: Query }>(
    '/agreements',
    { schema: agreementSchemas.list, ...readsParameters },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const filter = readFilter(request.query, ['offeredTo', 'offeredBy', 'after']);
      if ('rule' in filter) return sendFault(reply, filter);
      const offeredToIds = acceptsFor(caller);
      const agreements = await listAgreements(pool, { ...filter, offeredToIds, max: MAX_LISTED });
      return reply.header('cache-control', 'no-store').send({ agreements, next: nextOf(agreements) });
    },
  );

  app.get<{ Params: { id: string }; Querystring: Query }>(
    '/agreements/:id/offers',
    { schema: agreementSchemas.offers, ...readsParameters },
    async (request, reply) => {
      const { caller } = await authenticate(request);
      const filter = readFilter(request.query, ['after']);
      if ('rule' in filter) return sendFault(reply, filter);
      const { id } = await findOwn(caller, request.params.id);
      const offers = await listAccepted(pool, id, filter.after, MAX_LISTED);
      return reply.header('cache-control', 'no-store').send({ offers, next: nextOf(offers) });
    },
  );

  app.post('/agreements', { schema: agreementSchemas.make, ...readsParameters }, async (request, reply) => {
    const caller = await enter(request);
    const read = readAgreement(await readJsonBody(request));
    if ('rule' in read) return sendFault(reply, read);
    if (!mayAgree(caller, read.offeredTo)) {
      throw new HttpRefusedError(403, 'No grant to accept offers for this organization.');
    }
    const made = await makeAgreement(pool, read, caller, clock()).catch(refuseForNow);
    if ('rule' in made) return sendFault(reply, made);
    return reply
      .code(made.isNew ? 201 : 200)
      .header('cache-control', 'no-store')
      .send(made.agreement);
  });

  app.delete<{ Params: { id: string } }>(
    '/agreements/:id',
    { schema: agreementSchemas.withdraw, ...readsParameters },
    async (request, reply) => {
      const caller = await enter(request);
      const { id } = await findOwn(caller, request.params.id);
      const withdrawn = await withdrawAgreement(pool, id, caller, clock()).catch(refuseForNow);
      return reply.header('cache-control', 'no-store').send(withdrawn);
    },
  );
}

function refuseForNow(error: unknown): never {
  if (!(error instanceof AgreementInUseError)) throw error;
  throw new HttpRefusedError(503, 'Offers that the agreement covers are being added.', { 'retry-after': '5' });
}

const members = ['offeredTo', 'offeredBy', 'pattern'];

function readAgreement(body: Readonly<Record<string, unknown>>): NewAgreement | ParameterFault {
  const stranger = Object.keys(body).find((name) => !members.includes(name));
  if (stranger !== undefined) return parameterFault(stranger, body[stranger], `${members.join(', ')} only`);
  const { offeredTo, offeredBy, pattern = null } = body;
  if (typeof offeredTo !== 'string') return parameterFault('offeredTo', offeredTo, 'an organization id');
  if (typeof offeredBy !== 'string') return parameterFault('offeredBy', offeredBy, 'an organization id');
  if (typeof pattern !== 'string' && pattern !== null)
    return parameterFault('pattern', pattern, 'a text, or null for all names');
  return { offeredTo, offeredBy, pattern };
}

/** Reads those of the parameters that a resource has. */
function readFilter(
  query: Query,
  parameters: readonly string[],
): (AgreementFilter & { after: number }) | ParameterFault {
  for (const [name, value] of Object.entries(query)) {
    if (!parameters.includes(name)) return parameterFault(name, value, `${parameters.join(', ')} only`);
    if (typeof value !== 'string' || value.includes('\0'))
      return parameterFault(name, value, 'one text without null characters');
  }
  const { offeredTo, offeredBy, after = '0' } = query as Readonly<Record<string, string>>;
  if (!/^[0-9]{1,15}$/.test(after)) return parameterFault('after', after, 'a number as next has it');
  return { offeredTo, offeredBy, after: Number(after) };
}

/** The value of `after` for the next rows, or null if there are no more. */
function nextOf(rows: readonly { readonly id: number }[]): number | null {
  return rows.length < MAX_LISTED ? null : (rows.at(-1)?.id ?? null);
}
