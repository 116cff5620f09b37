import type { Environment } from './environment.js';
import { checkCleartext, mayServeCleartext } from './http/cleartext.js';
import { OperatorError } from './operator-error.js';
import { type ConsoleSettings, consoleTable } from './settings/console.js';
import { oidc, type ProviderSettings } from './settings/oidc.js';
import { readSettings, refuse } from './settings/setting.js';

/** Settings that those of the console depend on. */
interface Others {
  /** URL of the console as browsers know it, without its path. */
  readonly publicUrl: string | undefined;
  /** Whether it may be served over HTTP beyond loopback, or is not served over HTTP at all. */
  readonly mayLeaveLoopback: boolean;
}

/** Reads the settings of the console; undefined: there is none. Throws an OperatorError for the first that breaks its rule. */
export function consoleSettings(environment: Environment, others: Others): ConsoleSettings | undefined {
  const { use, host, port, sessionHours, idleMinutes } = readSettings(environment, consoleTable);
  const provider = providerSettings(environment, others.publicUrl);
  if (use === 'off') return undefined;
  if (port !== undefined) checkCleartext(consoleTable.host.name, host, others.mayLeaveLoopback);
  return {
    ...{ longest: sessionHours * 3_600_000, idle: idleMinutes * 60_000 },
    listen: port === undefined ? undefined : { host, port },
    provider,
  };
}

function providerSettings(environment: Environment, publicUrl: string | undefined): ProviderSettings | undefined {
  const { issuer, clientId, clientSecret, claim, users } = readSettings(environment, oidc);
  if (issuer === undefined) {
    if (clientId !== undefined)
      throw new OperatorError(`SPPP_OIDC_CLIENT_ID=${clientId}: together with SPPP_OIDC_ISSUER`);
    if (clientSecret !== undefined) throw new OperatorError('SPPP_OIDC_CLIENT_SECRET: together with SPPP_OIDC_ISSUER');
    return undefined;
  }
  if (!isIssuer(issuer)) throw refuse(oidc.issuer, issuer);
  if (clientId === undefined) throw new OperatorError(`SPPP_OIDC_ISSUER=${issuer}: together with SPPP_OIDC_CLIENT_ID`);
  if (publicUrl === undefined) {
    throw new OperatorError(
      `SPPP_OIDC_ISSUER=${issuer}: together with SPPP_PUBLIC_URL or SPPP_CONSOLE_URL, to which the provider sends people back`,
    );
  }
  if (!isProtected(new URL(publicUrl))) {
    throw new OperatorError(
      `SPPP_OIDC_ISSUER=${issuer}: people come back to an https URL, or to loopback, not to ${publicUrl}`,
    );
  }
  return { issuer, clientId, clientSecret, claim, users, publicUrl };
}

/** OpenID Connect Discovery 1.0 §3, and http on loopback, where nobody is on the way. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text) || /[\s?#\\]/.test(text)) return false;
  const url = new URL(text);
  return url.username === '' && url.password === '' && isProtected(url);
}

function isProtected({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && mayServeCleartext(hostname.replace(/^\[(.*)\]$/, '$1'), false);
}
