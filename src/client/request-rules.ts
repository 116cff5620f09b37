import { type RequestRule, requests, type Verb } from '../sppp/grammar.js';
import { found } from '../values/found.js';
import type { ChangeItem } from './change-item.js';

/** The operations of the protocol, by what they are for (RFC 7878 §7.2). */

const ruleFor = (fits: (rule: RequestRule) => boolean, what: string) => found(requests.find(fits), what);

export const getRule = ruleFor(({ kind }) => kind === 'query', 'Get');
export const offersRule = ruleFor(({ kind }) => kind === 'offer query', 'Get Offers');
export const statusRule = ruleFor(({ kind }) => kind === 'status', 'Status');
const batchRule = ruleFor(({ kind, verbs }) => kind === 'change' && verbs.size > 1, 'Batch');
const changeRules = new Map<Verb, RequestRule>(
  requests.flatMap((rule) =>
    rule.kind === 'change' && rule.verbs.size === 1
      ? [...rule.verbs.values()].map((verb) => [verb, rule] as const)
      : [],
  ),
);

/** The operation that carries out these changes in their order: that of their verb, or Batch if there are several. */
export function ruleOfChange(items: readonly Pick<ChangeItem, 'verb'>[]): RequestRule {
  const [first] = items;
  const isAlike = first !== undefined && items.every(({ verb }) => verb === first.verb);
  return isAlike ? found(changeRules.get(first.verb), first.verb) : batchRule;
}
