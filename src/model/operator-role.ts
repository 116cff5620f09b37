/** Roles of operators, from least to most; `authority/operator-table` says what each may do. */
export const operatorRoles = ['viewer', 'operator', 'administrator'] as const;
export type OperatorRole = (typeof operatorRoles)[number];
