import type { Pool } from 'pg';
import { mayLookUp } from '../authority/may.js';
import { faultOf } from '../lookup/question.js';
import { type Candidate, explain, type Question, resolve, type Sed } from '../registry/resolve/resolve.js';
import type { ParameterFault } from '../values/parameter-fault.js';
import type { Visitor } from './visitor.js';

/** A look-up and its explanation, as far as a visitor may see it. */
export interface Explained {
  readonly answer: readonly Sed[];
  /** Those that the visitor may see; not even their number tells of others. */
  readonly candidates: readonly Candidate[];
}

/** Asks a question, and why its answer is as it is; or which value of the question breaks which rule. */
export async function explainLookup(
  pool: Pool,
  question: Question,
  visitor: Visitor,
): Promise<Explained | ParameterFault> {
  const fault = faultOf(question);
  if (fault !== undefined) return fault;
  const { asker } = question;
  if (visitor.kind === 'registrar' && !mayLookUp(visitor.caller, asker)) {
    return { field: 'asker', value: asker, rule: 'an organization that a grant lets you look up as' };
  }
  const [answer, all] = await Promise.all([resolve(pool, question), explain(pool, question)]);
  return { answer, candidates: all.filter((candidate) => maySee(candidate, visitor)) };
}

/** What is dropped may be data that nobody shares with the asker: registrars see what was kept, and their own. */
function maySee({ verdict, registrant }: Candidate, visitor: Visitor): boolean {
  if (visitor.kind === 'operator' || verdict === 'kept' || registrant === null) return true;
  return visitor.caller.grants.reach('get', 'SedGrp', registrant) !== undefined;
}
