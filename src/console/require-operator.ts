import type { Operator } from '../authority/operator.js';
import { mayOperate, type OperatorNoun, type OperatorVerb } from '../authority/operator-table.js';
import { HttpRefusedError } from '../http/http-refused.js';
import { NOT_SHOWN } from './query.js';
import type { Visitor } from './visitor.js';

/**
 * The operator who looks at a page for operators.
 *
 * @throws HttpRefusedError 404 for registrars, for whom there is no such page; 403 for a role that may not do it
 */
export function requireOperator(visitor: Visitor, verb: OperatorVerb, noun: OperatorNoun): Operator {
  if (visitor.kind === 'registrar') throw new HttpRefusedError(404, NOT_SHOWN);
  const { operator } = visitor;
  const { role, username } = operator;
  if (mayOperate(role, verb, noun)) return operator;
  throw new HttpRefusedError(403, `The role ${role} may not ${verb} ${noun}.`, {}, { reason: 'role', username });
}
