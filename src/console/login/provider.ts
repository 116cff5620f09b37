import type { ClientAuth, Configuration, CustomFetch } from 'openid-client';
import type { ProviderSettings } from '../../settings/oidc.js';
import type { AuthenticationRequest } from './authentication-requests.js';
import { ProviderAwayError, ProviderFetch } from './provider-fetch.js';

type OpenId = typeof import('openid-client');

interface Known {
  readonly openId: OpenId;
  readonly configuration: Configuration;
}

/** Where the provider sends browsers back to, below the URL of the console. */
export const ANSWER_PATH = '/console/login/provider/answer';

/** What the provider tells of itself is read again after that long. */
const KEEP_MS = 3_600_000;

/** Scopes that give a claim (OpenID Connect Core 1.0 §5.4); all others are of the profile. */
const scopes: Readonly<Record<string, string>> = { sub: 'openid', email: 'openid email' };

/** What came back proves nothing; the message is for the log. */
export class ProviderRefusedError extends Error {
  override readonly name = 'ProviderRefusedError';
}

/**
 * The OpenID provider that people sign in through, by the authorization code flow with PKCE. It is asked when somebody signs
 * in, and not before.
 */
export class Provider {
  /** What people know it by: its host. */
  readonly name: string;
  readonly #settings: ProviderSettings;
  readonly #fetch: ProviderFetch;
  #known: Promise<Known> | undefined;
  #readAt = 0;

  constructor(settings: ProviderSettings) {
    this.name = new URL(settings.issuer).host;
    this.#settings = settings;
    this.#fetch = new ProviderFetch();
  }

  /**
   * Where a browser goes to make a request.
   *
   * @throws ProviderAwayError, and ProviderRefusedError if the provider is not what the settings say
   */
  async urlOf({ state, nonce, codeVerifier }: AuthenticationRequest): Promise<string> {
    const { openId, configuration } = await this.#discovered();
    const url = openId.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#redirectUrl,
      scope: scopes[this.#settings.claim] ?? 'openid profile',
      ...{ state, nonce },
      code_challenge: await openId.calculatePKCECodeChallenge(codeVerifier),
      code_challenge_method: 'S256',
    });
    return url.href;
  }

  /**
   * The user name of whoever comes back from a request, by the claim of the settings. The ID token has to be signed by the provider,
   * and to be of its issuer, for us, for this request, and in time (OpenID Connect Core 1.0 §3.1.3.7).
   *
   * @param query with which the browser comes back
   * @throws ProviderAwayError, and ProviderRefusedError if it proves nothing
   */
  async usernameOf(query: string, { state, nonce, codeVerifier }: AuthenticationRequest): Promise<string> {
    const { openId, configuration } = await this.#discovered();
    const answer = new URL(this.#redirectUrl);
    answer.search = query;
    const checks = {
      expectedState: state,
      expectedNonce: nonce,
      pkceCodeVerifier: codeVerifier,
      idTokenExpected: true,
    };
    const tokens = await judged(openId.authorizationCodeGrant(configuration, answer, checks));
    const idToken = tokens.claims();
    if (idToken === undefined) throw new ProviderRefusedError('there is no ID token');
    const { claim } = this.#settings;
    // Many providers have all but `sub` at their UserInfo endpoint alone (§5.4).
    const claims = Object.hasOwn(idToken, claim)
      ? idToken
      : await judged(openId.fetchUserInfo(configuration, tokens.access_token, idToken.sub));
    const username = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
    if (typeof username !== 'string') throw new ProviderRefusedError(`there is no claim ${claim} that is a text`);
    // Anybody may tell a provider the address of somebody else.
    if (claim === 'email' && claims.email_verified !== true)
      throw new ProviderRefusedError('email_verified is not true');
    return username;
  }

  get #redirectUrl(): string {
    return this.#settings.publicUrl + ANSWER_PATH;
  }

  /** What the provider tells of itself; a failure is not remembered. */
  #discovered(): Promise<Known> {
    const now = performance.now();
    if (this.#known !== undefined && now - this.#readAt < KEEP_MS) return this.#known;
    const known = this.#discover();
    [this.#known, this.#readAt] = [known, now];
    known.catch(() => {
      if (this.#known === known) this.#known = undefined;
    });
    return known;
  }

  async #discover(): Promise<Known> {
    const openId = await import('openid-client');
    const { issuer, clientId, clientSecret } = this.#settings;
    const fetchInTime: CustomFetch = (url, options) => this.#fetch.send(url, options);
    const isLoopback = issuer.startsWith('http:');
    const discovering = openId.discovery(new URL(issuer), clientId, undefined, clientAuth(openId, clientSecret), {
      [openId.customFetch]: fetchInTime,
      // Signatures are checked although the ID token comes over TLS from the provider itself.
      execute: [openId.enableNonRepudiationChecks, ...(isLoopback ? [openId.allowInsecureRequests] : [])],
    });
    const configuration = await judged(discovering);
    // One that speaks for issuers of all its customers could let anybody in.
    const { issuer: named, authorization_endpoint: endpoint } = configuration.serverMetadata();
    if (endpoint === undefined) throw new ProviderRefusedError('its metadata have no authorization_endpoint');
    if (named !== issuer) throw new ProviderRefusedError(`it calls itself ${named}, and SPPP_OIDC_ISSUER ${issuer}`);
    return { openId, configuration };
  }
}

/** How we prove who we are: by HTTP Basic, unless the provider says that it takes the secret in the body alone. */
function clientAuth(openId: OpenId, secret: string | undefined): ClientAuth {
  if (secret === undefined) return openId.None();
  const [basic, post] = [openId.ClientSecretBasic(secret), openId.ClientSecretPost(secret)];
  return (server, ...others) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    return (methods.includes('client_secret_basic') ? basic : post)(server, ...others);
  };
}

/** Tells whether the provider was away or has sent something that proves nothing, however deep the cause is. */
async function judged<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    for (let each = error; each instanceof Error; each = each.cause) if (each instanceof ProviderAwayError) throw each;
    throw new ProviderRefusedError(reasonOf(error), { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = ['code', 'error'].map((name) => Reflect.get(error, name)).filter((each) => typeof each === 'string');
  return words.length === 0 ? error.message : `${error.message} (${words.join(', ')})`;
}
