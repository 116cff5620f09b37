import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { clientAddress } from '../../http/client-address.js';
import { secretsOf } from '../../http/ha1.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import {
  changeOwnPassword,
  endOwnFormerPassword,
  formerPasswordEnd,
  TwoPasswordsError,
} from '../../registry/access/password-rotation.js';
import type { PrismaClient } from '../../registry/prisma-client/client.js';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { choiceIn, type Query } from '../query.js';
import { type AccountFault, accountPage } from './account-page.js';
import { giveToken } from './cookie.js';
import { type LoginParts, logIn } from './login.js';
import { isFault, readNewPassword } from './new-password.js';
import type { Sessions } from './sessions.js';

/** What is done on the page of one's own credential. */
const doneWords = ['password', 'former'] as const;

const CHANGED_MEANWHILE: AccountFault = {
  status: 409,
  fault: 'Somebody else has changed the password meanwhile; sign in again.',
};

export interface AccountParts extends LoginParts {
  readonly prisma: PrismaClient;
}

/** One's own credential: its sessions, its password, and the former one while both are valid. */
export function addAccount(scope: FastifyInstance, sessions: Sessions, parts: AccountParts): void {
  const { prisma, clock } = parts;

  const show = async (request: FastifyRequest, reply: FastifyReply, refused?: AccountFault): Promise<FastifyReply> => {
    const visitor = visitorOf(request);
    const [open, formerUntil] = await Promise.all([
      sessions.list(visitor),
      formerPasswordEnd(prisma, visitor.username, clock()),
    ]);
    const done = choiceIn(request.query as Query, 'done', doneWords);
    const page = accountPage({ sessions: open, formerUntil, done, refused }, visitor);
    return sendPage(request, reply, page, refused?.status);
  };

  scope.get('/console/account', (request, reply) => show(request, reply));

  scope.post('/console/account/end', async (request, reply) => {
    const id = formOf(request).get('session') ?? '';
    if (!/^\d{1,9}$/.test(id)) throw new HttpRefusedError(400, `session “${id}”: the number of a session.`);
    await sessions.end({ ...visitorOf(request), sessionId: Number(id) });
    return reply.redirect('/console/account', 303);
  });

  scope.post('/console/account/password', async (request, reply) => {
    const visitor = visitorOf(request);
    const { username } = visitor;
    const at = clock();
    const wanted = readNewPassword(username, formOf(request), at);
    if (isFault(wanted)) return show(request, reply, wanted);
    const present = await givePresent(request, username, parts);
    if (isFault(present)) return show(request, reply, present);
    const secrets = secretsOf(username, wanted.password);
    if (secrets.ha1Sha256 === present.ha1Sha256) {
      return show(request, reply, { status: 400, fault: 'New password: another one than the present one.' });
    }
    const rotation = { ...secrets, formerValidUntil: wanted.formerValidUntil };
    try {
      const isChanged = await changeOwnPassword(prisma, username, present.ha1Sha256, rotation, at);
      if (!isChanged) return show(request, reply, CHANGED_MEANWHILE);
    } catch (error) {
      if (!(error instanceof TwoPasswordsError)) throw error;
      return show(request, reply, { status: 409, fault: 'There are two passwords; end the former one first.' });
    }
    // A session is bound to its password, so this one goes on as a new one.
    const agent = request.headers['user-agent'] ?? '';
    giveToken(
      request,
      reply,
      await sessions.open({ id: visitor.credentialId }, secrets.ha1Sha256, clientAddress(request), agent),
    );
    await sessions.end(visitor);
    return reply.redirect('/console/account?done=password', 303);
  });

  scope.post('/console/account/former', async (request, reply) => {
    const { username } = visitorOf(request);
    const present = await givePresent(request, username, parts);
    if (isFault(present)) return show(request, reply, present);
    if (!(await endOwnFormerPassword(prisma, username, present.ha1Sha256))) {
      return show(request, reply, CHANGED_MEANWHILE);
    }
    // It may have been the session of the former password.
    return reply.redirect('/console/account?done=former', 303);
  });
}

/**
 * Checks the present password that a form has, as a login does; wrong ones count with those.
 *
 * @returns its stored hash, or why it is refused
 */
async function givePresent(
  request: FastifyRequest,
  username: string,
  parts: AccountParts,
): Promise<{ readonly ha1Sha256: string } | AccountFault> {
  const outcome = await logIn(request, username, formOf(request).get('present') ?? '', parts);
  if ('fault' in outcome) {
    const { status, reason, fault } = outcome;
    parts.countRefusal(request, status, { reason, username });
    return { status, fault: reason === 'wrong' ? 'The present password is wrong.' : fault };
  }
  const { ha1Sha256, credential } = outcome;
  if (ha1Sha256 === credential.ha1Sha256) return { ha1Sha256 };
  return { status: 400, fault: 'This is the former password; give the present one.' };
}
