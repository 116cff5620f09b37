import type { Refusal } from './refusal.js';

/** Octets of a name on the wire, and of one label of it (RFC 1035 §2.3.4). */
export const MAX_NAME_OCTETS = 255;
export const MAX_LABEL_OCTETS = 63;

const PLAIN = /^[a-z0-9_-]*$/i;

/** Checks a domain name with or without the final dot (RFC 1035 §2.3.1); underscores are allowed. */
export function checkDomainName(name: string): Refusal | undefined {
  const labels = labelsOf(name);
  if (labels === undefined || labels.length === 0) {
    return {
      error: `not a domain name: labels have 1 to ${MAX_LABEL_OCTETS} octets, all together ${MAX_NAME_OCTETS} at most`,
    };
  }
  if (!labels.every((label) => PLAIN.test(label))) {
    return { error: 'not a domain name: a label has letters, digits, hyphens and underscores only' };
  }
  return undefined;
}

/**
 * The labels of a name with or without the final dot, from the left, with one character for each octet; none for the
 * root. Undefined if DNS cannot carry the name (RFC 1035 §2.3.4).
 */
export function labelsOf(name: string): string[] | undefined {
  const relative = name.endsWith('.') ? name.slice(0, -1) : name;
  if (relative === '') return [];
  const labels = relative.split('.').map((label) => Buffer.from(label).toString('latin1'));
  const octets = labels.reduce((sum, { length }) => sum + 1 + length, 1);
  const areSized = labels.every(({ length }) => length >= 1 && length <= MAX_LABEL_OCTETS);
  return areSized && octets <= MAX_NAME_OCTETS ? labels : undefined;
}

/**
 * A name in zone file form, with the final dot; other characters than letters, digits and hyphens are escaped (RFC 1035
 * §5.1).
 */
export function zoneName(labels: readonly string[]): string {
  return `${labels.map((label) => (PLAIN.test(label) ? label : escaped(label))).join('.')}.`;
}

function escaped(label: string): string {
  return label.replace(/[^a-z0-9_-]/gi, (octet) => {
    const isPrintable = octet > ' ' && octet < '\x7f';
    return `\\${isPrintable ? octet : String(octet.charCodeAt(0)).padStart(3, '0')}`;
  });
}
