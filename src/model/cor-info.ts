/** Carrier-of-record claim and its outcome (RFC 7877 §6.2). `cor` and `corDate` are the registry's. */
export interface CorInfo {
  readonly corClaim: boolean;
  readonly cor?: boolean;
  readonly corDate?: string;
}
