/** A parameter of a query string that breaks a rule. */
export interface ParameterFault {
  readonly field: string;
  /** As it was given; a long one is cut. */
  readonly value: string;
  readonly rule: string;
}
