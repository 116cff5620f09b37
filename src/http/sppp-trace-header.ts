import { hostname } from 'node:os';
import type { Identity } from '../config.js';
import type { TraceLevel } from '../registry/access/credential.js';

/** The names of the system, which all nodes share, and of the node that answers. */
export interface Answering {
  readonly system: string;
  readonly node: string;
}

/** The names from the settings; a node without a name has that of its machine. */
export function answeringOf({ system, node }: Identity): Answering {
  return { system, node: node ?? hostname().replace(/[^A-Za-z0-9._:-]/g, '_') };
}

/**
 * The SPPP-Trace header of an answer: the transaction id, and at level `full` system and node, so that a carrier and an
 * operator can speak of the same request without the message (RFC 3897 §3 asks it of systems that handle the messages of
 * others).
 *
 * @returns undefined if the header has nothing to say
 */
export function traceHeader(level: TraceLevel, { system, node }: Answering, transaction?: string): string | undefined {
  const parts = level === 'full' ? [`system=${system}`, `node=${node}`] : [];
  if (level !== 'none' && transaction !== undefined) parts.push(`transaction=${transaction}`);
  return parts.length === 0 ? undefined : parts.join('; ');
}
