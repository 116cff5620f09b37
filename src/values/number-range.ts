/** Both ends as the client wrote them (RFC 7877 §12). */
export interface NumberRange {
  readonly startRange: string;
  readonly endRange: string;
}
