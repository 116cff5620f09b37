/** Roles of operators, from least to most; `authority/operator-table` has the permissions of each. */
export const operatorRoles = ['viewer', 'operator', 'administrator'] as const;
export type OperatorRole = (typeof operatorRoles)[number];
