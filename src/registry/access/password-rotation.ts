import type { OperatorError } from '../../operator-error.js';
import type { PrismaClient } from '../prisma-client/client.js';
import { belongsToOperator, userNameFault } from './administration.js';

/** The hashes of a new password, and the end of the former one. */
export interface Rotation {
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  readonly formerValidUntil: Date;
}

/**
 * Gives a credential a new password; the former one stays valid until its end. Throws OperatorError for a user name that
 * is unknown, revoked or an operator's, and while a password before the former one is still valid.
 */
export async function rotatePassword(
  prisma: PrismaClient,
  username: string,
  { formerValidUntil, ...secrets }: Rotation,
  at: Date,
): Promise<void> {
  await prisma.$transaction(async (db) => {
    await db.$queryRaw`SELECT FROM sppp.credential WHERE username = ${username} FOR UPDATE`;
    const select = { ha1Md5: true, ha1Sha256: true, revokedAt: true, formerValidUntil: true, role: true } as const;
    const found = await db.credential.findUnique({ where: { username }, select });
    if (found === null) throw unknown(username, 'not known');
    if (found.role !== null) throw userNameFault(username, belongsToOperator);
    if (found.revokedAt !== null) throw unknown(username, 'revoked');
    const until = found.formerValidUntil;
    if (until !== null && at < until) {
      throw userNameFault(
        username,
        `has two passwords until ${until.toISOString()}; wait, or end the older one first: sppp credential end-former`,
      );
    }
    const former = { formerHa1Md5: found.ha1Md5, formerHa1Sha256: found.ha1Sha256, formerValidUntil };
    await db.credential.update({ where: { username }, data: { ...secrets, ...former }, select: { id: true } });
  });
}

/** Ends the former password now. Throws OperatorError for a user name that is unknown or an operator's. */
export async function endFormerPassword(prisma: PrismaClient, username: string): Promise<void> {
  const none = { formerHa1Md5: null, formerHa1Sha256: null, formerValidUntil: null };
  const found = await prisma.credential.findUnique({ where: { username }, select: { role: true } });
  if (found === null) throw unknown(username, 'not known');
  if (found.role !== null) throw userNameFault(username, belongsToOperator);
  await prisma.credential.update({ where: { username }, data: none, select: { username: true } });
}

function unknown(username: string, why: string): OperatorError {
  return userNameFault(username, `${why}; sppp credential add gives it a password`);
}
