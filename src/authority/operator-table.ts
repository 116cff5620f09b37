import { type OperatorRole, operatorRoles } from '../model/operator-role.js';

export const operatorVerbs = ['view', 'change'] as const;
export type OperatorVerb = (typeof operatorVerbs)[number];

/**
 * Resources of operators. A claim is changed by deciding it, an agreement by making or withdrawing it. The journal, events and the figures of a node can be viewed, not
 * changed. A webhook is one of operators: who changes it says who is told what they are told.
 */
export const operatorNouns = [
  'Status',
  'Journal',
  'Event',
  'Claim',
  'Organization',
  'Credential',
  'Grant',
  'Agreement',
  'Webhook',
  'Operator',
] as const;
export type OperatorNoun = (typeof operatorNouns)[number];

type Roles = readonly OperatorRole[];

const everyOperator: Roles = operatorRoles;
const administering: Roles = ['operator', 'administrator'];
const administrators: Roles = ['administrator'];
const nobody: Roles = [];

const table: Readonly<Record<OperatorVerb, Readonly<Record<OperatorNoun, Roles>>>> = {
  view: {
    Status: everyOperator,
    Journal: everyOperator,
    Event: everyOperator,
    Claim: everyOperator,
    Organization: everyOperator,
    Credential: everyOperator,
    Grant: everyOperator,
    Agreement: everyOperator,
    Webhook: everyOperator,
    Operator: administrators,
  },
  change: {
    Status: nobody,
    Journal: nobody,
    Event: nobody,
    Claim: administering,
    Organization: administering,
    Credential: administering,
    Grant: administering,
    Agreement: administering,
    Webhook: administrators,
    Operator: administrators,
  },
};

/** Whether an operator in this role may do it. */
export function mayOperate(role: OperatorRole, verb: OperatorVerb, noun: OperatorNoun): boolean {
  return table[verb][noun].includes(role);
}

/** Whether any role may do it. */
export function isOperated(verb: OperatorVerb, noun: OperatorNoun): boolean {
  return table[verb][noun].length > 0;
}
