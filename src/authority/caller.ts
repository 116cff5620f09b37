import type { Grants } from '../model/grants.js';

/** Who asks: the registrar that a credential belongs to, and for whom it may act (RFC 7877 §4.5, §4.6). */
export interface Caller {
  readonly credentialId: number;
  readonly registrarId: number;
  /** The registrar's organization id. */
  readonly registrar: string;
  readonly grants: Grants;
  /** SHA-256 of the client certificate, in hex, where one was shown. */
  readonly certificate?: string | undefined;
}
