/** A parameter of a query string that breaks a rule. */
export interface ParameterFault {
  readonly field: string;
  /** As it was given; a long one is cut. */
  readonly value: string;
  readonly rule: string;
}

/** Characters of a value, or of a name that a client made up, in a fault. */
const MAX_SHOWN = 100;

/** A fault of a value of any kind, as JSON may have it; of a field that a client may have made up. */
export function parameterFault(field: string, value: unknown, rule: string): ParameterFault {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return { field: field.slice(0, MAX_SHOWN), value: shortened(text), rule };
}

/** A value as a fault shows it: a long one is cut. */
export function shortened(value: string): string {
  return value.length > MAX_SHOWN ? `${value.slice(0, MAX_SHOWN)}…` : value;
}

/** Whether JSON of a server is such a fault. */
export function isParameterFault(value: unknown): value is ParameterFault {
  return typeof value === 'object' && value !== null && 'field' in value && 'value' in value && 'rule' in value;
}

/** A fault in one line. */
export function parameterFaultText({ field, value, rule }: ParameterFault): string {
  return `${field}=${value}: ${rule}`;
}
