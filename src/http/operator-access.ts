import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Operator } from '../authority/operator.js';
import { mayOperate, type OperatorNoun, type OperatorVerb } from '../authority/operator-table.js';
import { recordOperatorRequest } from '../registry/journal/operator-requests.js';
import { clientAddress } from './client-address.js';
import { HttpRefusedError } from './http-refused.js';
import type { Throttle } from './throttle.js';

export interface OperatorAccessParts {
  readonly authenticate: (request: FastifyRequest) => Promise<Operator>;
  readonly throttle: Pick<Throttle, 'enterOperator'>;
  readonly pool: Pool;
  readonly clock: () => Date;
}

/**
 * Admits a request of an operator, and records it before it is answered.
 *
 * @throws HttpRefusedError for a login that fails, 403 for a registrar and for a role that may not do it, 429 over the rate
 */
export type AdmitOperator = (request: FastifyRequest, verb: OperatorVerb, noun: OperatorNoun) => Promise<Operator>;

/** Makes the one way into resources of operators. */
export function operatorAccess({ authenticate, throttle, pool, clock }: OperatorAccessParts): AdmitOperator {
  return async (request, verb, noun) => {
    const receivedAt = clock();
    const operator = await authenticate(request);
    enterOperator(operator, throttle);
    requireRole(operator, verb, noun);
    await recordOperator(request, operator, receivedAt, pool);
    return operator;
  };
}

/**
 * Counts a request of an operator.
 *
 * @throws HttpRefusedError 429 over the rate
 */
export function enterOperator({ credentialId, username }: Operator, throttle: OperatorAccessParts['throttle']): void {
  const wait = throttle.enterOperator(credentialId);
  if (wait === undefined) return;
  const later = { 'retry-after': String(wait) };
  throw new HttpRefusedError(429, 'Too many requests of this operator.', later, { reason: 'tooMany', username });
}

/** Throws HttpRefusedError 403 for an operator whose role may not do it. */
export function requireRole({ role, username }: Operator, verb: OperatorVerb, noun: OperatorNoun): void {
  if (mayOperate(role, verb, noun)) return;
  throw new HttpRefusedError(403, `The role ${role} may not ${verb} ${noun}.`, {}, { reason: 'role', username });
}

/** Writes down what an operator asks for. */
export async function recordOperator(
  request: FastifyRequest,
  { credentialId, role }: Operator,
  receivedAt: Date,
  pool: Pool,
): Promise<void> {
  const { method, url: target } = request;
  const address = clientAddress(request);
  await recordOperatorRequest(pool, { credentialId, role, method, target, receivedAt, address });
}
