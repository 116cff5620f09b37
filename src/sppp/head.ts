import type { Fields, RequestRule, Value } from './grammar.js';
import type { Head } from './message.js';
import { RequestRefusedError } from './request-refused.js';

/** Minor versions that are spoken; a request that names none gets the latest (RFC 7878 §7.4). */
const minorVersions = ['0', '1'];

/** What stands before the items of a request, out of the values that were read. */
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

/** Throws RequestRefusedError 2002 for a version that is not spoken. */
export function checkMinorVer({ minorVer }: Fields): void {
  if (typeof minorVer !== 'string' || minorVersions.includes(minorVer)) return;
  throw new RequestRefusedError({
    code: 2002,
    reason: `minorVer ${minorVer}; spoken are ${minorVersions.join(' and ')}`,
  });
}

function strings(value: Value | undefined): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
