import type { PrismaClient } from './prisma-client/client.js';

/** A registrar's credential with what it may act for. */
export interface Credential {
  readonly id: number;
  readonly username: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  readonly registrarId: number;
  readonly registrar: string;
  /** Registrants granted to the registrar: organization id to row id. */
  readonly grants: ReadonlyMap<string, number>;
}

/** The credential of this user name, if it is valid at that time. */
export async function findCredential(
  prisma: PrismaClient,
  username: string,
  at: Date,
): Promise<Credential | undefined> {
  const found = await prisma.credential.findFirst({
    where: {
      username,
      validFrom: { lte: at },
      OR: [{ validUntil: null }, { validUntil: { gt: at } }],
      revokedAt: null,
    },
    include: { registrar: { include: { grantsAsRegistrar: { include: { registrant: true } } } } },
  });
  if (found === null) return undefined;
  const { id, ha1Md5, ha1Sha256, registrarId, registrar } = found;
  const grants = registrar.grantsAsRegistrar.map(({ registrant }) => [registrant.orgId, registrant.id] as const);
  return { id, username, ha1Md5, ha1Sha256, registrarId, registrar: registrar.orgId, grants: new Map(grants) };
}
