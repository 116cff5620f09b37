import type { Apex } from './settings.js';

/** The deepest apex that a name is in or below. */
export function apexOf(labels: readonly string[], apexes: readonly Apex[]): Apex | undefined {
  let deepest: Apex | undefined;
  for (const apex of apexes) {
    if (apex.labels.length <= (deepest?.labels.length ?? 0) || apex.labels.length > labels.length) continue;
    const start = labels.length - apex.labels.length;
    if (apex.labels.every((label, index) => label === labels[start + index])) deepest = apex;
  }
  return deepest;
}

/** The identifier that a name below an apex stands for: a digit a label, the last one first (RFC 6116 §3.2). */
export function identifierOf(labels: readonly string[], apex: Apex): string | undefined {
  let digits = apex.isRouting ? 'rn=' : '+';
  for (let index = labels.length - apex.labels.length - 1; index >= 0; index--) {
    const label = labels[index] ?? '';
    if (label.length !== 1 || label < '0' || label > '9') return undefined;
    digits += label;
  }
  return digits;
}

/** Digits of the shortest name that is taken for a whole number. */
const WHOLE = 7;

/** Whether so few digits stand there that they are the beginning of numbers, whatever the registry holds. */
export function isBeginning(identifier: string): boolean {
  return identifier.replace(/^\D+/, '').length < WHOLE;
}
