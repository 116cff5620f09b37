import type { OperatorRole } from '../model/operator-role.js';

/** An operator of the registry that has logged in. */
export interface Operator {
  readonly credentialId: number;
  readonly username: string;
  readonly role: OperatorRole;
}
