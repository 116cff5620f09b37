import type { Operator } from '../authority/operator.js';
import type { OperatorNoun, OperatorVerb } from '../authority/operator-table.js';
import { HttpRefusedError } from '../http/http-refused.js';
import { requireRole } from '../http/operator-access.js';
import { NOT_SHOWN } from './query.js';
import type { Visitor } from './visitor.js';

/**
 * The operator who looks at a page for operators.
 *
 * @throws HttpRefusedError 404 for registrars, for whom there is no such page; 403 for a role that may not do it
 */
export function requireOperator(visitor: Visitor, verb: OperatorVerb, noun: OperatorNoun): Operator {
  if (visitor.kind === 'registrar') throw new HttpRefusedError(404, NOT_SHOWN);
  requireRole(visitor.operator, verb, noun);
  return visitor.operator;
}
