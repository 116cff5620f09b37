import type { FastifyRequest } from 'fastify';
import { SUSPENDED } from '../../http/authenticate.js';
import { clientAddress } from '../../http/client-address.js';
import type { Credential } from '../../registry/access/credential.js';
import type { ProviderSettings } from '../../settings/oidc.js';
import { shortened } from '../../values/parameter-fault.js';
import type { AuthenticationRequest } from './authentication-requests.js';
import type { LoginOutcome, LoginParts, RefusedLogin } from './login.js';
import { type Provider, ProviderRefusedError } from './provider.js';
import { ProviderAwayError } from './provider-fetch.js';

/** No credential has this name: failures count by the address alone, as nobody knows yet whose they are. */
const ANYBODY = '';

/**
 * Lets in whoever comes back from the provider, if a credential has the user name that the provider tells. Failures count
 * together with wrong passwords.
 */
export async function logInByProvider(
  request: FastifyRequest,
  asked: AuthenticationRequest,
  { provider, users }: { readonly provider: Provider; readonly users: ProviderSettings['users'] },
  { credentials, failedLogins, clock }: LoginParts,
): Promise<LoginOutcome> {
  const address = clientAddress(request);
  const seconds = failedLogins.retryAfter(ANYBODY, address);
  if (seconds !== undefined) {
    return { status: 429, fault: `Too many logins failed; try again in ${seconds} seconds.`, reason: 'throttled' };
  }
  const username = await provider.usernameOf(queryOf(request.url), asked).catch((error: unknown) => error);
  if (typeof username !== 'string') {
    const outcome = failureOf(username, provider, request);
    if (outcome.status !== 503) failedLogins.failed(ANYBODY, address);
    return outcome;
  }
  const credential = await credentials.find(username, clock());
  if (credential === undefined || !maySignIn(credential, users)) {
    failedLogins.failed(ANYBODY, address);
    const fault = `${provider.name} knows you as “${shortened(username)}”. No credential that may be used this way has that user name; ask the operator of the registry for one.`;
    return { status: 403, fault, reason: 'unknown' };
  }
  if (credential.kind === 'registrar' && credential.isSuspended) {
    return { status: 403, fault: SUSPENDED, reason: 'suspended' };
  }
  return { credential, ha1Sha256: credential.ha1Sha256 };
}

/** What people are told of a provider that does not let them in; the log has the cause. */
export function failureOf(
  error: unknown,
  { name }: Pick<Provider, 'name'>,
  { log }: Pick<FastifyRequest, 'log'>,
): RefusedLogin {
  if (error instanceof ProviderAwayError) {
    log.warn({ reason: error.message }, 'the OpenID provider is away');
    const fault = `${name} does not answer. Sign in with your user name and password, or try again later.`;
    return { status: 503, fault, reason: 'providerAway' };
  }
  if (!(error instanceof ProviderRefusedError)) throw error;
  log.warn({ reason: error.message }, 'what the OpenID provider sent was refused');
  const fault = `${name} did not prove who you are. Try again; if that does not help, tell the operator of the registry, whose log has the reason.`;
  return { status: 401, fault, reason: 'providerRefused' };
}

function maySignIn({ kind }: Credential, users: ProviderSettings['users']): boolean {
  return users === 'all' || users === `${kind}s`;
}

function queryOf(url: string): string {
  const begin = url.indexOf('?');
  return begin < 0 ? '' : url.slice(begin);
}
