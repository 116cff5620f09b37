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
    const { credentialId, username, role } = operator;
    const wait = throttle.enterOperator(credentialId);
    if (wait !== undefined) {
      const later = { 'retry-after': String(wait) };
      throw new HttpRefusedError(429, 'Too many requests of this operator.', later, { reason: 'tooMany', username });
    }
    if (!mayOperate(role, verb, noun)) {
      throw new HttpRefusedError(403, `The role ${role} may not ${verb} ${noun}.`, {}, { reason: 'role', username });
    }
    const { method, url: target } = request;
    const address = clientAddress(request);
    await recordOperatorRequest(pool, { credentialId, role, method, target, receivedAt, address });
    return operator;
  };
}
