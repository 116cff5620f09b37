import type { Grants } from '../model/grants.js';

/** The registrar that sends a request, and its grants (RFC 7877 §4.5, §4.6). */
export interface Caller {
  readonly credentialId: number;
  readonly registrarId: number;
  /** The registrar's organization id. */
  readonly registrar: string;
  readonly grants: Grants;
  /** SHA-256 of the client certificate in hex, if that was the login. */
  readonly certificate?: string | undefined;
}
