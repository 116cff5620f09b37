import type { Fields, RequestRule, Value } from './grammar.js';
import type { Head } from './message.js';
import { RequestRefusedError } from './request-refused.js';

/** Supported minor versions; a request without one gets the latest (RFC 7878 §7.4). */
const minorVersions = ['0', '1'];

/** The head of a request from the values that were read. */
export function headOf(rule: RequestRule, { clientTransId, minorVer, offeredBy, offeredTo, status }: Fields): Head {
  return {
    rule,
    offeredBy: strings(offeredBy),
    offeredTo: strings(offeredTo),
    ...(typeof clientTransId === 'string' ? { clientTransId } : {}),
    ...(typeof minorVer === 'string' ? { minorVer } : {}),
    ...(status === 'offered' || status === 'accepted' ? { status } : {}),
  };
}

/** Throws RequestRefusedError 2002 for an unsupported version. */
export function checkMinorVer({ minorVer }: Fields): void {
  if (typeof minorVer !== 'string' || minorVersions.includes(minorVer)) return;
  throw new RequestRefusedError({
    code: 2002,
    reason: `minorVer ${minorVer}; supported are ${minorVersions.join(' and ')}`,
  });
}

function strings(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
