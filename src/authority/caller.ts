/** Who asks: the registrar that a credential belongs to, and for whom it may act (RFC 7877 §4.5, §4.6). */
export interface Caller {
  readonly credentialId: number;
  readonly registrarId: number;
  /** The registrar's organization id. */
  readonly registrar: string;
  /** Registrants that the registrar has a grant for: organization id to row id. */
  readonly grants: ReadonlyMap<string, number>;
}
