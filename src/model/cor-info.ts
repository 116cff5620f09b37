/** Carrier-of-record claim and its outcome (RFC 7877 §6.2). The registry sets `cor` and `corDate`. */
export interface CorInfo {
  readonly corClaim: boolean;
  readonly cor?: boolean;
  readonly corDate?: string;
}
