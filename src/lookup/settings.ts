import type { LookupPoolSettings } from '../registry/resolve.js';

/** How look-ups may use the database: SPPP_LOOKUP_CONNECTIONS, and SPPP_LOOKUP_TIMEOUT in milliseconds. */
export function readLookupSettings(environment: NodeJS.ProcessEnv): LookupPoolSettings {
  return {
    connections: wholeNumber(environment, 'SPPP_LOOKUP_CONNECTIONS', 4, 1, 1000),
    timeout: wholeNumber(environment, 'SPPP_LOOKUP_TIMEOUT', 1000, 1, 3_600_000),
  };
}

function wholeNumber(environment: NodeJS.ProcessEnv, name: string, ifAbsent: number, least: number, most: number) {
  const value = environment[name] || String(ifAbsent);
  if (/^[0-9]{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most) return Number(value);
  throw new RangeError(`${name}=${value}: a whole number from ${least} to ${most}`);
}
