/** A parameter of a query string that breaks a rule. */
export interface ParameterFault {
  readonly field: string;
  /** As it was given; a long one is cut. */
  readonly value: string;
  readonly rule: string;
}

/** Whether JSON of a server is such a fault. */
export function isParameterFault(value: unknown): value is ParameterFault {
  return typeof value === 'object' && value !== null && 'field' in value && 'value' in value && 'rule' in value;
}

/** A fault in one line. */
export function parameterFaultText({ field, value, rule }: ParameterFault): string {
  return `${field}=${value}: ${rule}`;
}
