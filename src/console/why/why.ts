import type { ClientBase } from 'pg';
import { mayLookUp } from '../../authority/may.js';
import { keyText } from '../../forms/key-text.js';
import { faultOf } from '../../lookup/question.js';
import type { ObjKey } from '../../model/key.js';
import { type Candidate, explain, type Question, resolve, type Sed } from '../../registry/resolve/resolve.js';
import type { ParameterFault } from '../../values/parameter-fault.js';
import type { Visitor } from '../visitor.js';

/** A look-up and its explanation, as far as a visitor may see it. */
export interface Explained {
  readonly answer: readonly Sed[];
  /** Those that the visitor may see; not even their number tells of others. */
  readonly candidates: readonly Candidate[];
  /** The SED groups of all candidates. Who shows one has to know that the visitor may see it. */
  readonly groups: readonly ObjKey[];
}

/** Which value of a question breaks which rule, or is not for this visitor to ask; undefined if it may be asked. */
export function faultOfQuestion(question: Question, visitor: Visitor): ParameterFault | undefined {
  const { asker } = question;
  const fault = faultOf(question);
  if (fault !== undefined || visitor.kind === 'operator' || mayLookUp(visitor.caller, asker)) return fault;
  return { field: 'asker', value: asker, rule: 'an organization that a grant lets you look up as' };
}

/** Asks a question that has no fault, and why its answer is as it is. */
export async function explainLookup(
  db: Pick<ClientBase, 'query'>,
  question: Question,
  visitor: Visitor,
): Promise<Explained> {
  const [answer, all] = await Promise.all([resolve(db, question), explain(db, question)]);
  return { answer, candidates: all.filter((candidate) => maySee(candidate, visitor)), groups: groupsOf(all) };
}

function groupsOf(candidates: readonly Candidate[]): ObjKey[] {
  const keys = new Map<string, ObjKey>();
  for (const { registrant: rant, sedGroup: name } of candidates) {
    if (rant === null || name === null) continue;
    const key: ObjKey = { kind: 'ObjKeyType', rant, name, type: 'SedGrp' };
    keys.set(keyText(key), key);
  }
  return [...keys.values()];
}

/** What is dropped may be data that nobody shares with the asker: registrars see what was kept, and their own. */
function maySee({ verdict, registrant }: Candidate, visitor: Visitor): boolean {
  if (visitor.kind === 'operator' || verdict === 'kept' || registrant === null) return true;
  return visitor.caller.grants.reach('get', 'SedGrp', registrant) !== undefined;
}
