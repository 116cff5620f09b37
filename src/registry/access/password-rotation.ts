import { OperatorError } from '../../operator-error.js';
import { visible } from '../../values/visible.js';
import type { Prisma, PrismaClient } from '../prisma-client/client.js';
import { belongsToOperator, noFormerPassword, userNameFault } from './administration.js';

/** The hashes of a new password, and the end of the former one. */
export interface Rotation {
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  readonly formerValidUntil: Date;
}

/** A third password would end the first one before its time. */
export class TwoPasswordsError extends OperatorError {
  constructor(
    username: string,
    readonly until: Date,
  ) {
    const wait = 'wait, or end the older one first: sppp credential end-former';
    super(`user name '${visible(username)}': has two passwords until ${until.toISOString()}; ${wait}`);
  }
}

/**
 * Gives a registrar's credential a new password; the former one stays valid until its end. Throws OperatorError for a user name
 * that is unknown, revoked or an operator's, and TwoPasswordsError while a password before the former one is still valid.
 */
export async function rotatePassword(
  prisma: PrismaClient,
  username: string,
  rotation: Rotation,
  at: Date,
): Promise<void> {
  await prisma.$transaction(async (db) => {
    const held = await hold(db, username);
    if (held === null) throw unknown(username, 'not known');
    if (held.role !== null) throw userNameFault(username, belongsToOperator);
    if (held.revokedAt !== null) throw unknown(username, 'revoked');
    await replace(db, held, rotation, at);
  });
}

/**
 * The same for somebody who has the credential, a registrar's or an operator's, and has just given its present password.
 *
 * @param presentHa1Sha256 the stored hash of that password
 * @returns false if another password is the present one by now, or the credential is revoked: nothing was changed
 * @throws TwoPasswordsError
 */
export async function changeOwnPassword(
  prisma: PrismaClient,
  username: string,
  presentHa1Sha256: string,
  rotation: Rotation,
  at: Date,
): Promise<boolean> {
  return prisma.$transaction(async (db) => {
    const held = await hold(db, username);
    if (held?.ha1Sha256 !== presentHa1Sha256 || held.revokedAt !== null) return false;
    await replace(db, held, rotation, at);
    return true;
  });
}

/** Ends the former password now. Throws OperatorError for a user name that is unknown or an operator's. */
export async function endFormerPassword(prisma: PrismaClient, username: string): Promise<void> {
  const found = await prisma.credential.findUnique({ where: { username }, select: { role: true } });
  if (found === null) throw unknown(username, 'not known');
  if (found.role !== null) throw userNameFault(username, belongsToOperator);
  await prisma.credential.update({ where: { username }, data: noFormerPassword, select: { username: true } });
}

/** The same for somebody who has just given the present password. Returns false if another one is the present one by now. */
export async function endOwnFormerPassword(
  prisma: PrismaClient,
  username: string,
  presentHa1Sha256: string,
): Promise<boolean> {
  const where = { username, ha1Sha256: presentHa1Sha256 };
  const { count } = await prisma.credential.updateMany({ where, data: noFormerPassword });
  return count > 0;
}

/** Until when the former password of a credential is valid; undefined if it has one password. */
export async function formerPasswordEnd(prisma: PrismaClient, username: string, at: Date): Promise<Date | undefined> {
  const found = await prisma.credential.findUnique({ where: { username }, select: { formerValidUntil: true } });
  const until = found?.formerValidUntil ?? undefined;
  return until !== undefined && at < until ? until : undefined;
}

/** A credential that nobody else changes until the end of the transaction. */
async function hold(db: Prisma.TransactionClient, username: string) {
  await db.$queryRaw`SELECT FROM sppp.credential WHERE username = ${username} FOR UPDATE`;
  return db.credential.findUnique({ where: { username } });
}

type Held = NonNullable<Awaited<ReturnType<typeof hold>>>;

async function replace(
  db: Prisma.TransactionClient,
  { username, ha1Md5, ha1Sha256, formerValidUntil: until }: Held,
  { formerValidUntil, ...secrets }: Rotation,
  at: Date,
): Promise<void> {
  if (until !== null && at < until) throw new TwoPasswordsError(username, until);
  const former = { formerHa1Md5: ha1Md5, formerHa1Sha256: ha1Sha256, formerValidUntil };
  await db.credential.update({ where: { username }, data: { ...secrets, ...former }, select: { id: true } });
}

function unknown(username: string, why: string): OperatorError {
  return userNameFault(username, `${why}; sppp credential add gives it a password`);
}
