import { checkOrgId } from '../objects/org-id.js';
import type { PrismaClient } from './prisma-client/client.js';

/** What an operator asked for and cannot have; the message names field, value and rule. */
export class AdministrationFault extends Error {
  override readonly name = 'AdministrationFault';
}

/** Makes an organization (RFC 7877 §3.1), or changes the name of one that is there. */
export async function addOrganization(prisma: PrismaClient, orgId: string, name: string): Promise<void> {
  const refusal = checkOrgId(orgId);
  if (refusal !== undefined) throw new AdministrationFault(`organization ${orgId}: ${refusal.error}`);
  await prisma.organization.upsert({ where: { orgId }, create: { orgId, name }, update: { name } });
}

export interface NewCredential {
  readonly registrar: string;
  /** In Unicode's composed form (NFC). */
  readonly username: string;
  readonly label: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  readonly validUntil?: Date | undefined;
}

/** Gives a registrar a credential, or an existing one a new password. A user name belongs to one registrar. */
export async function addCredential(prisma: PrismaClient, credential: NewCredential): Promise<void> {
  const { registrar, username, label, ha1Md5, ha1Sha256, validUntil = null } = credential;
  // Quotes and backslashes in user names are escaped differently by different clients, and not at all by some.
  if (username === '' || /["\\:\p{Cc}]/u.test(username)) {
    throw new AdministrationFault(`user name '${username}': not empty, without quotes, backslash, colon and controls`);
  }
  const registrarId = await organizationId(prisma, registrar);
  const known = await prisma.credential.findUnique({ where: { username } });
  if (known !== null && known.registrarId !== registrarId) {
    throw new AdministrationFault(`user name '${username}': belongs to another registrar`);
  }
  const secrets = { label, ha1Md5, ha1Sha256, validUntil, revokedAt: null };
  await prisma.credential.upsert({
    where: { username },
    create: { registrarId, username, ...secrets },
    update: secrets,
  });
}

/** Lets a registrar act for a registrant (RFC 7877 §4.6). */
export async function addGrant(prisma: PrismaClient, registrar: string, registrant: string): Promise<void> {
  const grant = {
    registrarId: await organizationId(prisma, registrar),
    registrantId: await organizationId(prisma, registrant),
  };
  await prisma.registrarGrant.upsert({ where: { registrarId_registrantId: grant }, create: grant, update: {} });
}

async function organizationId(prisma: PrismaClient, orgId: string): Promise<number> {
  const found = await prisma.organization.findUnique({ where: { orgId } });
  if (found === null) throw new AdministrationFault(`organization ${orgId}: not known, make it with sppp org add`);
  return found.id;
}
