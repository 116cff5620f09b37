import { type Grant, grantNouns, grantVerbs, type Narrowing, spanOfGrant } from '../../model/grant.js';
import { OperatorError } from '../../operator-error.js';
import { checkNewOrgId } from '../../values/org-id.js';
import { mayBeUserName } from '../../values/user-name.js';
import { hasHidden, visible } from '../../values/visible.js';
import type { PrismaClient } from '../prisma-client/client.js';
import { grantOf } from './grant-rows.js';

/**
 * Makes an organization (RFC 7877 §3.1), or changes the name of an existing one if a name is given. Existing ids need not
 * follow the rule for new ones. An organization that was removed is made anew. Throws OperatorError for a bad id.
 */
export async function addOrganization(prisma: PrismaClient, orgId: string, name?: string): Promise<Organization> {
  if ((await prisma.organization.findUnique({ where: { orgId } })) === null) {
    const refusal = checkNewOrgId(orgId);
    if (refusal !== undefined) throw new OperatorError(`organization ${visible(orgId)}: ${refusal.error}`);
  }
  const create = { orgId, name: name ?? '' };
  const anew = { removedAt: null, suspendedAt: null, name: create.name };
  await prisma.organization.updateMany({ where: { orgId, removedAt: { not: null } }, data: anew });
  const row = await prisma.organization.upsert({
    where: { orgId },
    create,
    update: name === undefined ? {} : { name },
  });
  return { orgId: row.orgId, name: row.name };
}

/** Makes an organization unless it exists. */
export async function makeOrganization(prisma: PrismaClient, orgId: string, name: string): Promise<void> {
  await prisma.organization.upsert({ where: { orgId }, create: { orgId, name }, update: {} });
}

/** An organization as operators see it. */
export interface Organization {
  readonly orgId: string;
  readonly name: string;
}

export interface NewCredential {
  readonly registrar: string;
  /** In Unicode's composed form (NFC). */
  readonly username: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  /** Undefined: stays as it is, empty for a new one. */
  readonly label?: string | undefined;
  /** Undefined: stays as it is, without end for a new one. Null: without end. */
  readonly validUntil?: Date | null | undefined;
}

/**
 * Makes a credential of a registrar, or gives an existing one a new password; label and end stay as they are unless they are
 * given. A revoked credential becomes valid again. Throws OperatorError for a user name of another principal, or one
 * that breaks the rule for new ones.
 */
export async function addCredential(prisma: PrismaClient, credential: NewCredential): Promise<void> {
  const { registrar, username, label, ha1Md5, ha1Sha256, validUntil } = credential;
  const registrarId = await organizationId(prisma, registrar);
  const known = await prisma.credential.findUnique({ where: { username }, select: { registrarId: true } });
  if (known === null) refuseUsername(username);
  else if (known.registrarId === null) throw userNameFault(username, belongsToOperator);
  else if (known.registrarId !== registrarId) throw userNameFault(username, 'belongs to another registrar');
  const secrets = {
    ...{ ha1Md5, ha1Sha256, revokedAt: null },
    ...noFormerPassword,
    ...(label === undefined ? {} : { label }),
    ...(validUntil === undefined ? {} : { validUntil }),
  };
  await writeCredential(prisma, { username, registrarId }, secrets, 'belongs to another principal');
}

/** The columns of a credential with one password. */
export const noFormerPassword = { formerHa1Md5: null, formerHa1Sha256: null, formerValidUntil: null } as const;

/** Makes or changes the credential of one principal; `rule` is the fault of a user name that another one has meanwhile. */
export async function writeCredential(
  prisma: PrismaClient,
  owner: { readonly username: string; readonly registrarId: number | null },
  data: { readonly ha1Md5: string; readonly ha1Sha256: string },
  rule: string,
): Promise<void> {
  const made = await prisma.credential.createMany({ data: [{ ...owner, ...data }], skipDuplicates: true });
  if (made.count > 0) return;
  const changed = await prisma.credential.updateMany({ where: owner, data });
  if (changed.count === 0) throw userNameFault(owner.username, rule);
}

/**
 * Refuses a new user name, of a registrar or an operator, that a login cannot have or that people cannot read and type.
 */
export function refuseUsername(username: string): void {
  let rule: string | undefined;
  if (hasHidden(username)) rule = 'without controls and other invisible characters';
  else if (!mayBeUserName(username)) rule = 'not empty, without quotes, backslash, colon and controls';
  else if (username !== username.trim()) rule = 'without blanks around it';
  if (rule !== undefined) throw userNameFault(username, rule);
}

/** The fault of a user name, with the rule that it breaks. */
export function userNameFault(username: string, rule: string): OperatorError {
  return new OperatorError(`user name '${visible(username)}': ${rule}`);
}

/** A user name is one principal: commands for registrars' credentials refuse those of operators. */
export const belongsToOperator = 'belongs to an operator; see sppp operator';

/** The registrar (undefined: an operator) that has a user name, and the stored hash of its password. */
export async function findCredential(
  prisma: PrismaClient,
  username: string,
): Promise<{ registrar: string | undefined; ha1Sha256: string } | undefined> {
  const select = { ha1Sha256: true, registrar: { select: { orgId: true } } } as const;
  const found = await prisma.credential.findUnique({ where: { username }, select });
  return found === null ? undefined : { registrar: found.registrar?.orgId, ha1Sha256: found.ha1Sha256 };
}

/**
 * The credentials of a registrar, or of all, without secrets. Times are read as texts, because the database knows times that
 * a Date cannot hold.
 */
export async function listCredentials(prisma: PrismaClient, registrar?: string): Promise<ListedCredential[]> {
  const registrarId = registrar === undefined ? null : await organizationId(prisma, registrar);
  const rows = await prisma.$queryRaw<ListedCredential[]>`
    SELECT o.org_id AS registrar, c.username, c.label,
           to_jsonb(c.valid_from AT TIME ZONE 'UTC') #>> '{}' AS "validFrom",
           to_jsonb(c.valid_until AT TIME ZONE 'UTC') #>> '{}' AS "validUntil",
           to_jsonb(c.revoked_at AT TIME ZONE 'UTC') #>> '{}' AS "revokedAt",
           c.revoked_at IS NULL AND now() >= c.valid_from AND now() < coalesce(c.valid_until, 'infinity')
             AND o.suspended_at IS NULL AS "isLetIn",
           to_jsonb(c.former_valid_until AT TIME ZONE 'UTC') #>> '{}' AS "formerValidUntil",
           (SELECT coalesce(jsonb_agg(jsonb_build_object('fingerprint', x.fingerprint, 'subject', x.subject,
                                                         'notAfter', x.not_after AT TIME ZONE 'UTC') ORDER BY x.id), '[]')
              FROM sppp.client_certificate x WHERE x.credential_id = c.id) AS certificates
      FROM sppp.credential c JOIN sppp.organization o ON o.id = c.registrar_id
     WHERE ${registrarId}::int IS NULL OR c.registrar_id = ${registrarId}::int
     ORDER BY c.username COLLATE "C"`;
  return rows.map((row) => ({
    ...row,
    validFrom: timeOf(row.validFrom),
    validUntil: row.validUntil && timeOf(row.validUntil),
    revokedAt: row.revokedAt && timeOf(row.revokedAt),
    formerValidUntil: row.formerValidUntil && timeOf(row.formerValidUntil),
    certificates: row.certificates.map(({ notAfter, ...named }) => ({
      ...named,
      notAfter: notAfter && timeOf(notAfter),
    })),
  }));
}

/** A time in ISO 8601; one that a Date cannot hold stays as the database writes it. */
function timeOf(text: string): string {
  const date = new Date(`${text}Z`);
  return Number.isNaN(date.getTime()) ? text : date.toISOString();
}

/** Times are texts in UTC, such as 2027-01-31T00:00:00.000Z, or `infinity`. */
export interface ListedCredential {
  readonly registrar: string;
  readonly username: string;
  readonly label: string;
  readonly validFrom: string;
  readonly validUntil: string | null;
  readonly revokedAt: string | null;
  readonly isLetIn: boolean;
  /** The end of the former password; null if it has ended. */
  readonly formerValidUntil: string | null;
  readonly certificates: readonly ListedCertificate[];
}

/** A client certificate by its fingerprint, or all with a subject. */
export interface ListedCertificate {
  readonly fingerprint: string | null;
  readonly subject: string | null;
  /** Its end; null if that is not known. */
  readonly notAfter: string | null;
}

/** Refuses a credential and its certificates from now on. Its requests stay on record. */
export async function revokeCredential(prisma: PrismaClient, username: string, at: Date): Promise<void> {
  await credentialId(prisma, username);
  await prisma.credential.updateMany({ where: { username, revokedAt: null }, data: { revokedAt: at } });
}

/** The name of a client certificate: its fingerprint, or its whole subject. */
export type CertificateName = { readonly fingerprint: string } | { readonly subject: string };

/**
 * Makes a client certificate the login of a credential; its label and its end stay as they are unless they are given. Throws
 * OperatorError for a certificate of another credential.
 */
export async function addCertificate(
  prisma: PrismaClient,
  username: string,
  name: CertificateName,
  label?: string,
  notAfter?: Date,
): Promise<void> {
  const [[kind = '', value = ''] = []] = Object.entries(name);
  if (value === '') throw new OperatorError(`${kind}: not empty`);
  if ('fingerprint' in name && !/^[0-9a-f]{64}$/.test(value)) {
    throw new OperatorError(`fingerprint ${value}: 64 hex digits, the SHA-256 of the certificate`);
  }
  const id = await credentialId(prisma, username);
  const known = await prisma.clientCertificate.findFirst({ where: name });
  if (known !== null && known.credentialId !== id) {
    throw new OperatorError(`${kind} ${value}: belongs to another credential`);
  }
  const details = { ...(label === undefined ? {} : { label }), ...(notAfter === undefined ? {} : { notAfter }) };
  if (known === null) await prisma.clientCertificate.create({ data: { credentialId: id, ...details, ...name } });
  else await prisma.clientCertificate.update({ where: { id: known.id }, data: details });
}

/** Accepts a client certificate no longer. Throws OperatorError for an unknown one. */
export async function removeCertificate(prisma: PrismaClient, name: CertificateName): Promise<void> {
  const { count } = await prisma.clientCertificate.deleteMany({ where: name });
  if (count === 0) throw new OperatorError(`certificate ${Object.values(name).join()}: not known`);
}

async function credentialId(prisma: PrismaClient, username: string): Promise<number> {
  const found = await prisma.credential.findUnique({ where: { username }, select: { id: true, role: true } });
  if (found === null) throw userNameFault(username, 'not known, make it with sppp credential add');
  if (found.role !== null) throw userNameFault(username, belongsToOperator);
  return found.id;
}

/**
 * Lets a registrar act for a registrant (RFC 7877 §4.6) in everything, unless the grant is narrowed. Grants of one pair add
 * up; an equal grant is not made twice.
 */
export async function addGrant(
  prisma: PrismaClient,
  registrar: string,
  registrant: string,
  narrowing: Partial<Narrowing> = {},
): Promise<void> {
  const row = {
    registrarId: await organizationId(prisma, registrar),
    registrantId: await organizationId(prisma, registrant),
    ...narrowingColumns(narrowing),
  };
  if ((await prisma.registrarGrant.findFirst({ where: row })) === null)
    await prisma.registrarGrant.create({ data: row });
}

/** A grant as operators see it. */
export interface ListedGrant extends Grant {
  readonly id: number;
  readonly registrar: string;
}

/** The grants of a registrar, or of all. */
export async function listGrants(prisma: PrismaClient, registrar?: string): Promise<ListedGrant[]> {
  const where = registrar === undefined ? {} : { registrarId: await organizationId(prisma, registrar) };
  const include = { registrar: true, registrant: true } as const;
  const rows = await prisma.registrarGrant.findMany({ where, include, orderBy: { id: 'asc' } });
  return rows.map((row) => ({ id: row.id, registrar: row.registrar.orgId, ...grantOf(row) }));
}

/** Removes one grant by its number, or all of a registrar for a registrant. Returns how many. */
export async function removeGrants(
  prisma: PrismaClient,
  registrar: string,
  registrant: string,
  id?: number,
): Promise<number> {
  const pair = {
    registrarId: await organizationId(prisma, registrar),
    registrantId: await organizationId(prisma, registrant),
  };
  const { count } = await prisma.registrarGrant.deleteMany({ where: id === undefined ? pair : { ...pair, id } });
  if (count > 0) return count;
  const which = id === undefined ? 'grant' : `grant ${id}`;
  throw new OperatorError(`${which} of ${registrar} for ${registrant}: not known`);
}

/** The columns of a narrowing, with lists sorted and without repetition, so that equal grants have equal rows. */
function narrowingColumns({ nouns, verbs, spans }: Partial<Narrowing>) {
  const inOrder = (values: readonly string[] | undefined, known: readonly string[]) =>
    values === undefined ? null : known.filter((value) => values.includes(value)).join(',');
  for (const span of spans ?? []) {
    const read = spanOfGrant(span);
    if ('error' in read) throw new OperatorError(`span ${span}: ${read.error}`);
  }
  const digits = spans?.map((span) => span.replaceAll('+', ''));
  return {
    nouns: inOrder(nouns, grantNouns),
    verbs: inOrder(verbs, grantVerbs),
    spans: digits === undefined ? null : [...new Set(digits)].sort().join(','),
  };
}

/** The row id of an organization. Throws OperatorError for an unknown one. */
export async function organizationId(prisma: PrismaClient, orgId: string): Promise<number> {
  const found = await prisma.organization.findFirst({ where: { orgId, removedAt: null } });
  if (found === null) throw new OperatorError(`organization ${orgId}: not known, make it with sppp org add`);
  return found.id;
}
