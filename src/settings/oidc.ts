import { choice, identifier, optionalText, secret } from './setting.js';

const serve = ['serve', 'demo'] as const;

/** The OpenID provider through which people sign in to the console (OpenID Connect Core 1.0). */
export const oidc = {
  issuer: optionalText({
    name: 'SPPP_OIDC_ISSUER',
    rule: 'an https URL without query, or an http one of loopback',
    meaning:
      'Issuer identifier of an OpenID provider, exactly as the provider names it; people may sign in to the console through it',
    defaultNote: 'off',
    usedBy: serve,
  }),
  clientId: optionalText({
    name: 'SPPP_OIDC_CLIENT_ID',
    meaning: 'Client id of the registry at the provider',
    usedBy: serve,
  }),
  clientSecret: secret({
    name: 'SPPP_OIDC_CLIENT_SECRET',
    meaning: 'Client secret of the registry at the provider; without it, a public client',
    usedBy: serve,
  }),
  claim: identifier({
    name: 'SPPP_OIDC_CLAIM',
    default: 'sub',
    meaning:
      'Claim whose value is the user name of a credential, such as `preferred_username` or `email`; only `sub` is never given to somebody else by any provider',
    usedBy: serve,
  }),
  users: choice({
    name: 'SPPP_OIDC_USERS',
    values: ['operators', 'registrars', 'all'],
    meaning: 'Whose credentials may be used through the provider: `operators`, `registrars`, or `all`',
    usedBy: serve,
  }),
} as const;

/** How people sign in through an OpenID provider. */
export interface ProviderSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined: a public client. */
  readonly clientSecret: string | undefined;
  readonly claim: string;
  readonly users: 'operators' | 'registrars' | 'all';
  /** URL of the console as browsers know it, without its path: there the provider sends them back to. */
  readonly publicUrl: string;
}
