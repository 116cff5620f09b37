import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ProviderSettings } from '../../settings/oidc.js';
import { sendPage } from '../exchange.js';
import { type AuthenticationRequests, REQUEST } from './authentication-requests.js';
import { giveValue, valueIn } from './cookie.js';
import { letIn } from './let-in.js';
import type { LoginParts, RefusedLogin } from './login.js';
import { failureOf, logInByProvider } from './login-by-provider.js';
import { loginPage } from './login-page.js';
import { ownPath } from './own-path.js';
import { ANSWER_PATH, type Provider } from './provider.js';
import type { Sessions } from './sessions.js';

export interface ProviderParts extends LoginParts {
  readonly provider: Provider;
  readonly users: ProviderSettings['users'];
  readonly requests: AuthenticationRequests;
}

/** Signing in through an OpenID provider: the way there, and the way back. */
export function addProvider(scope: FastifyInstance, sessions: Sessions, parts: ProviderParts): void {
  const { provider, requests, countRefusal } = parts;
  const refuse = (
    request: FastifyRequest,
    reply: FastifyReply,
    { status, fault, reason }: RefusedLogin,
    next: string,
  ) => {
    countRefusal(request, status, { reason });
    return sendPage(request, reply, loginPage({ next, fault, provider: provider.name }), status);
  };

  scope.get<{ Querystring: { next?: unknown } }>('/console/login/provider', async (request, reply) => {
    const next = ownPath(request.query.next);
    // Other sites do not begin a login here: who follows their link is shown the page first.
    if (request.headers['sec-fetch-site'] === 'cross-site') {
      return reply.redirect(`/console/login?${new URLSearchParams({ next })}`, 303);
    }
    const { request: asked, remembered } = requests.begin(next);
    const url = await provider.urlOf(asked).catch((error: unknown) => failureOf(error, provider, request));
    if (typeof url !== 'string') return refuse(request, reply, url, next);
    giveValue(request, reply, REQUEST, remembered);
    return reply.redirect(url, 303);
  });

  scope.get(ANSWER_PATH, async (request, reply) => {
    const asked = requests.read(valueIn(request, REQUEST));
    giveValue(request, reply, REQUEST, undefined); // An answer is good once.
    if (asked === undefined) {
      const fault = 'This login was begun in another browser, too long ago, or is already used. Begin it again.';
      return refuse(request, reply, { status: 400, fault, reason: 'noRequest' }, '/console');
    }
    const outcome = await logInByProvider(request, asked, parts, parts);
    return 'fault' in outcome
      ? refuse(request, reply, outcome, asked.next)
      : letIn(request, reply, outcome, asked.next, sessions);
  });
}
