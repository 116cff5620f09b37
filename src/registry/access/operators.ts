import type { OperatorRole } from '../../model/operator-role.js';
import type { PrismaClient } from '../prisma-client/client.js';
import { noFormerPassword, refuseUsername, userNameFault, writeCredential } from './administration.js';

export interface NewOperator {
  /** In Unicode's composed form (NFC). */
  readonly username: string;
  readonly role: OperatorRole;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  /** Undefined: as it is, empty for a new one. */
  readonly label?: string | undefined;
}

/** An operator in the list of all. */
export interface ListedOperator {
  readonly username: string;
  readonly role: string;
  readonly label: string;
  readonly createdAt: Date;
  /** Null: the operator was not removed. */
  readonly removedAt: Date | null;
  readonly isLetIn: boolean;
}

/**
 * Makes an operator, or gives one that is there this role and password; one that was removed can log in again. Throws
 * OperatorError for a user name that is a registrar's, or that breaks the rule for new ones.
 */
export async function addOperator(prisma: PrismaClient, operator: NewOperator): Promise<void> {
  const { username, role, ha1Md5, ha1Sha256, label } = operator;
  refuseUsername(username);
  const secrets = { ha1Md5, ha1Sha256, ...noFormerPassword };
  const data = { role, ...secrets, revokedAt: null, ...(label === undefined ? {} : { label }) };
  await writeCredential(prisma, { username, registrarId: null }, data, 'belongs to a registrar');
}

/** All operators by their user names, removed ones included. */
export async function listOperators(prisma: PrismaClient): Promise<ListedOperator[]> {
  const rows = await prisma.credential.findMany({ where: { role: { not: null } } });
  return rows
    .map(({ username, role, label, createdAt, revokedAt }) => ({
      ...{ username, role: role ?? '', label, createdAt },
      ...{ removedAt: revokedAt, isLetIn: revokedAt === null },
    }))
    .sort((a, b) => (a.username < b.username ? -1 : 1));
}

/**
 * Ends an operator's login at once; what the operator did stays on record. Throws OperatorError for a user name that
 * is no operator's.
 */
export async function removeOperator(prisma: PrismaClient, username: string, at: Date): Promise<void> {
  const found = await prisma.credential.findUnique({ where: { username }, select: { role: true } });
  if (found === null) throw userNameFault(username, 'not known');
  if (found.role === null) throw userNameFault(username, 'belongs to a registrar');
  await prisma.credential.updateMany({ where: { username, revokedAt: null }, data: { revokedAt: at } });
}
