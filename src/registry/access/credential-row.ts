import { Grants } from '../../model/grants.js';
import { operatorRoles } from '../../model/operator-role.js';
import { type Credential, type KnownCredential, traceLevels } from './credential.js';
import { type GrantRow, grantOf } from './grant-rows.js';

/** What is read with the row of a credential. */
export const include = { registrar: { include: { grantsAsRegistrar: { include: { registrant: true } } } } } as const;

/** The credential, without what is not valid at that time; undefined if it is not valid at all. */
export function validAt(known: KnownCredential | undefined, at: Date): Credential | undefined {
  if (known === undefined || at < known.validFrom) return undefined;
  if (known.validUntil !== null && at >= known.validUntil) return undefined;
  const isOver = known.formerValidUntil !== null && at >= known.formerValidUntil;
  return isOver ? { ...known, former: undefined } : known;
}

/** The row of a credential. */
export interface CredentialRow {
  readonly id: number;
  readonly username: string;
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  readonly registrarId: number | null;
  readonly role: string | null;
  readonly validFrom: Date;
  readonly validUntil: Date | null;
  readonly revokedAt: Date | null;
  readonly formerHa1Md5: string | null;
  readonly formerHa1Sha256: string | null;
  readonly formerValidUntil: Date | null;
  readonly registrar: {
    readonly id: number;
    readonly orgId: string;
    readonly suspendedAt: Date | null;
    readonly trace: string;
    readonly grantsAsRegistrar: readonly GrantRow[];
  } | null;
}

/** Null for a role that is not known here, of a newer server: it lets nobody do anything here. */
export function knownOf({
  registrar,
  role,
  formerHa1Md5,
  formerHa1Sha256,
  ...row
}: CredentialRow): KnownCredential | null {
  const hasFormer = formerHa1Md5 !== null && formerHa1Sha256 !== null;
  const former = hasFormer ? { ha1Md5: formerHa1Md5, ha1Sha256: formerHa1Sha256 } : undefined;
  if (registrar === null) {
    const known = operatorRoles.find((each) => each === role);
    return known === undefined ? null : { ...row, former, kind: 'operator', role: known };
  }
  const { id: registrarId, orgId, suspendedAt, grantsAsRegistrar } = registrar;
  const grants = new Grants(grantsAsRegistrar.map(grantOf));
  const trace = traceLevels.find((level) => level === registrar.trace) ?? 'id';
  const isSuspended = suspendedAt !== null;
  return { ...row, former, kind: 'registrar', registrarId, registrar: orgId, grants, trace, isSuspended };
}
