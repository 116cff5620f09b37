import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import Provider from 'oidc-provider';
import { PageReader } from './page-reader.js';

/** The registry as both providers know it; nobody has to reach its address. */
export const CLIENT = {
  id: 'registry',
  secret: 'secret-of-the-registry-0123456789',
  publicUrl: 'https://registry.example',
} as const;

/** Settings of a server whose people sign in through a provider. */
export function settingsFor(issuer: string): Record<string, string> {
  return {
    ...{ SPPP_OIDC_ISSUER: issuer, SPPP_OIDC_CLIENT_ID: CLIENT.id, SPPP_OIDC_CLIENT_SECRET: CLIENT.secret },
    ...{ SPPP_PUBLIC_URL: CLIENT.publicUrl, SPPP_OIDC_USERS: 'all' },
  };
}

/** A real OpenID provider at a port of this machine. */
export interface OpenIdProvider {
  readonly issuer: string;
  /** What it knows of its users besides their `sub`. */
  readonly claims: Map<string, Record<string, unknown>>;
  /** Signs somebody in there who comes by a URL; the path and query with which he is sent back. */
  signIn(url: string, user: string): Promise<string>;
  close(): Promise<void>;
}

/** Starts one, whose users need no passwords. */
export async function startOpenIdProvider(port = 0): Promise<OpenIdProvider> {
  const { server, origin: issuer } = await listen(port);
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const claims = new Map<string, Record<string, unknown>>();
  let user = '';
  const provider = new Provider(issuer, {
    clients: [
      {
        ...{ client_id: CLIENT.id, client_secret: CLIENT.secret },
        redirect_uris: [`${CLIENT.publicUrl}/console/login/provider/answer`],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: 'sig', alg: 'RS256' }] },
    cookies: { keys: ['a key for the cookies of a test'] },
    claims: { profile: ['preferred_username'], email: ['email', 'email_verified'] },
    ttl: { Interaction: 600, Grant: 600, Session: 600, AccessToken: 600, IdToken: 600 },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims.get(id) }) }),
    loadExistingGrant: async (context) => {
      const grant = new context.oidc.provider.Grant({
        clientId: CLIENT.id,
        accountId: context.oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid profile email');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, response) => {
    if (!request.url?.startsWith('/interaction/')) return answer(request, response);
    return provider.interactionFinished(request, response, { login: { accountId: user } });
  });
  return {
    issuer,
    claims,
    signIn: async (url, name) => {
      user = name;
      const reader = new PageReader(issuer);
      let to = url;
      while (to.startsWith(issuer)) {
        const { status, headers, text } = await reader.get(to.slice(issuer.length));
        if (headers.location === undefined) throw new Error(`${to} answers ${status}: ${text}`);
        to = new URL(headers.location, issuer).href;
      }
      return to.slice(CLIENT.publicUrl.length);
    },
    close: () => close(server),
  };
}

/** A provider that says whatever a test wants. */
export interface HostileProvider {
  readonly issuer: string;
  /** What its metadata have besides the usual, or instead of it. */
  metadata: Record<string, unknown>;
  /** The answer of the token endpoint, by the nonce of the request that was made. */
  tokens: (nonce: string) => unknown;
  userInfo: unknown;
  /** Claims that would let somebody in, so that a test can spoil one. */
  claimsOf(user: string, nonce: string): JWTPayload;
  /** Signs claims by the key that the provider publishes. */
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** Signs them by a key that nobody knows. */
  signByStranger(claims: JWTPayload): Promise<string>;
  /** The path and query with which somebody comes back who went there by a URL. */
  signIn(url: string): string;
  close(): Promise<void>;
}

/** Starts one. */
export async function startHostileProvider(): Promise<HostileProvider> {
  const { server, origin: issuer } = await listen(0);
  const [own, strange] = await Promise.all([generateKeyPair('RS256'), generateKeyPair('RS256')]);
  const keys = { keys: [{ ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' }] };
  let nonce = '';
  const signBy = (key: CryptoKey, claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'own', ...header }).sign(key);
  const provider: HostileProvider = {
    issuer,
    metadata: {},
    tokens: () => undefined,
    userInfo: {},
    claimsOf: (user, ofNonce) => {
      const now = Math.floor(Date.now() / 1000);
      return { iss: issuer, aud: CLIENT.id, sub: user, nonce: ofNonce, iat: now, exp: now + 300 };
    },
    sign: (claims, header) => signBy(own.privateKey, claims, header),
    signByStranger: (claims) => signBy(strange.privateKey, claims),
    signIn: (url) => {
      const asked = new URL(url).searchParams;
      nonce = asked.get('nonce') ?? '';
      return `/console/login/provider/answer?${new URLSearchParams({ code: 'code', state: asked.get('state') ?? '' })}`;
    },
    close: () => close(server),
  };
  const documents: Readonly<Record<string, () => unknown>> = {
    '/.well-known/openid-configuration': () => ({
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      userinfo_endpoint: `${issuer}/userinfo`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256'],
      ...provider.metadata,
    }),
    '/keys': () => keys,
    '/token': () => provider.tokens(nonce),
    '/userinfo': () => provider.userInfo,
  };
  server.on('request', async (request, response) => {
    const document = await documents[request.url ?? '']?.();
    const status = document === undefined ? 500 : 200;
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(document ?? {}));
  });
  return provider;
}

async function listen(port: number): Promise<{ readonly server: Server; readonly origin: string }> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function close(server: Server): Promise<void> {
  const closed = once(server.close(), 'close');
  server.closeAllConnections();
  await closed;
}
