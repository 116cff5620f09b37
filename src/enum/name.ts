import type { Apex } from './settings.js';

/** The deepest apex that a name is at or below. */
export function apexOf(labels: readonly string[], apexes: readonly Apex[]): Apex | undefined {
  let deepest: Apex | undefined;
  for (const apex of apexes) {
    if (apex.labels.length <= (deepest?.labels.length ?? 0) || apex.labels.length > labels.length) continue;
    const start = labels.length - apex.labels.length;
    if (apex.labels.every((label, index) => label === labels[start + index])) deepest = apex;
  }
  return deepest;
}

/** The identifier of a name below an apex: one digit per label, the last digit first (RFC 6116 §3.2). */
export function identifierOf(labels: readonly string[], apex: Apex): string | undefined {
  let digits = apex.isRouting ? 'rn=' : '+';
  for (let index = labels.length - apex.labels.length - 1; index >= 0; index--) {
    const label = labels[index] ?? '';
    if (label.length !== 1 || label < '0' || label > '9') return undefined;
    digits += label;
  }
  return digits;
}

/** Fewest digits of a name that can be a whole number. */
const MIN_NUMBER_DIGITS = 7;

/** Whether an identifier has so few digits that it is always treated as the beginning of numbers. */
export function isBeginning(identifier: string): boolean {
  return identifier.replace(/^\D+/, '').length < MIN_NUMBER_DIGITS;
}
