import type { Grants } from '../../model/grants.js';
import type { OperatorRole } from '../../model/operator-role.js';

/** Levels of the SPPP-Trace header: nothing, the transaction id, or system and node as well. */
export const traceLevels = ['none', 'id', 'full'] as const;
export type TraceLevel = (typeof traceLevels)[number];

interface Login extends Secrets {
  readonly id: number;
  readonly username: string;
  /** The password before this one, while it is still valid. */
  readonly former?: Secrets | undefined;
}

/** A registrar's credential, and the organizations that the registrar acts for. */
export interface RegistrarCredential extends Login {
  readonly kind: 'registrar';
  readonly registrarId: number;
  readonly registrar: string;
  readonly grants: Grants;
  readonly trace: TraceLevel;
  /** The registry's operator has suspended the registrar: its requests are refused. */
  readonly isSuspended: boolean;
}

export interface OperatorCredential extends Login {
  readonly kind: 'operator';
  readonly role: OperatorRole;
}

export type Credential = RegistrarCredential | OperatorCredential;

export interface Secrets {
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
}

/** When a credential is valid, and until when the password before its present one is. */
export interface Validity {
  readonly validFrom: Date;
  readonly validUntil: Date | null;
  readonly formerValidUntil: Date | null;
}

/** A credential as it is cached, whether it is valid at present or not. */
export type KnownCredential = Credential & Validity;
