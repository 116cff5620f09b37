import type { FastifyInstance } from 'fastify';
import { serverKey } from '../../registry/access/server-key.js';
import type { PrismaClient } from '../../registry/prisma-client/client.js';
import type { ConsoleSettings } from '../../settings/console.js';
import { formOf, sendPage } from '../exchange.js';
import { AuthenticationRequests } from './authentication-requests.js';
import { letIn } from './let-in.js';
import { type LoginParts, logIn } from './login.js';
import { loginPage } from './login-page.js';
import { ownPath } from './own-path.js';
import { Provider } from './provider.js';
import { addProvider } from './provider-routes.js';
import type { Sessions } from './sessions.js';

export interface LoginRouteParts extends LoginParts {
  readonly prisma: PrismaClient;
  readonly settings: ConsoleSettings;
}

/** What signs the requests to the provider that browsers remember. */
const REQUEST_KEY = 'console authentication requests';

/** Signing in: by user name and password, and through an OpenID provider if there is one. */
export async function addLogin(scope: FastifyInstance, sessions: Sessions, parts: LoginRouteParts): Promise<void> {
  const { prisma, clock, settings, countRefusal } = parts;
  let provider: Provider | undefined;
  if (settings.provider !== undefined) {
    const { users } = settings.provider;
    provider = new Provider(settings.provider);
    const requests = new AuthenticationRequests(await serverKey(prisma, REQUEST_KEY), clock);
    addProvider(scope, sessions, { ...parts, provider, users, requests });
  }
  const page = { provider: provider?.name };
  scope.get<{ Querystring: { next?: unknown } }>('/console/login', (request, reply) =>
    sendPage(request, reply, loginPage({ ...page, next: ownPath(request.query.next) })),
  );
  scope.post('/console/login', async (request, reply) => {
    const form = formOf(request);
    const username = form.get('username') ?? '';
    const next = ownPath(form.get('next'));
    const outcome = await logIn(request, username, form.get('password') ?? '', parts);
    if (!('fault' in outcome)) return letIn(request, reply, outcome, next, sessions);
    const { status, fault, reason } = outcome;
    countRefusal(request, status, { reason, username });
    return sendPage(request, reply, loginPage({ ...page, next, username, fault }), status);
  });
}
