import type { Refusal } from './refusal.js';

/**
 * One Enumservice: sip, or pstn with the subtype tel. In lower case, because services compare without regard to case.
 */
export interface EnumService {
  readonly type: string;
  readonly subtypes: readonly string[];
}

/** Maximum of a services field, which is a character-string (RFC 3403 §4.1, RFC 1035 §3.3). */
export const MAX_SVCS_LENGTH = 255;

const SVCS = /^E2U(?:\+[a-z0-9-]{1,32}(?::[a-z0-9-]{1,32})*)+$/i;
const OBSOLETE = /\+E2U$/i;

/** Reads a services field such as E2U+pstn:tel+sip, including types of private use (P-, X-) (RFC 6116 §3.4.3). */
export function readSvcs(svcs: string): readonly EnumService[] | Refusal {
  if (svcs.length > MAX_SVCS_LENGTH) return { error: `more than ${MAX_SVCS_LENGTH} octets` };
  if (!SVCS.test(svcs)) {
    if (OBSOLETE.test(svcs)) return { error: 'the obsolete order of RFC 2916; E2U comes first' };
    return { error: 'not an ENUM services field such as E2U+pstn:tel+sip' };
  }
  return svcs.slice('E2U+'.length).toLowerCase().split('+').map(readService);
}

function readService(service: string): EnumService {
  const colon = service.indexOf(':');
  if (colon < 0) return { type: service, subtypes: [] };
  return { type: service.slice(0, colon), subtypes: service.slice(colon + 1).split(':') };
}
