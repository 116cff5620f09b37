import { randomUUID } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Caller } from '../../authority/caller.js';
import { keyText } from '../../forms/key-text.js';
import { clientAddress } from '../../http/client-address.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { tooManyRequests } from '../../http/too-many-requests.js';
import { TooManyRequestsError } from '../../intake/accounts.js';
import { tryOut } from '../../intake/try-out.js';
import { TrialBlockedError, type Tried, tryChanges } from '../../operations/try-changes.js';
import type { Received } from '../../registry/journal/journal.js';
import type { Question } from '../../registry/resolve/resolve.js';
import type { Item } from '../../sppp/message.js';
import { type ChangeParts, USER_AGENT } from '../change.js';
import type { Visitor } from '../visitor.js';
import type { Switch } from './switches.js';
import { type Explained, explainLookup } from './why.js';

/** Something that was turned, in words and as items of a change. */
export interface Turned {
  readonly text: string;
  readonly items: readonly Item[];
}

/**
 * What a form turns, of what may be turned. What was not in the form stays as it is.
 *
 * @throws HttpRefusedError 400 for a priority that is none
 */
export function turnedIn(form: URLSearchParams, switches: readonly Switch[], caller: Caller): Turned[] {
  const groups = form.getAll('group');
  const priorities = form.getAll('priority');
  const turned: Turned[] = [];
  for (const { key, group, offer } of switches) {
    const name = `SED group ${key.name} of ${key.rant}`;
    const offerKey = offer && keyText(offer.key);
    if (offer && offerKey && form.getAll('offer').includes(offerKey)) {
      const isAccepted = form.getAll('accepted').includes(offerKey);
      const verb = isAccepted ? 'accepts' : 'does not accept';
      const text = `${offer.key.offeredTo} ${verb} the ${name}`;
      if (isAccepted !== offer.isAccepted) turned.push({ text, items: offer.turn });
    }
    const groupKey = keyText(key);
    const at = groups.indexOf(groupKey);
    if (group === undefined || at < 0) continue;
    const isInSvc = form.getAll('inService').includes(groupKey);
    const priority = priorityIn(priorities[at] ?? '');
    const changes = [
      ...(isInSvc === group.isInSvc ? [] : [isInSvc ? 'is in service' : 'is not in service']),
      ...(priority === group.priority ? [] : [`has priority ${priority} instead of ${group.priority}`]),
    ];
    if (changes.length === 0) continue;
    const subject = { ...group, rar: caller.registrar, isInSvc, priority };
    turned.push({ text: `the ${name} ${changes.join(' and ')}`, items: [{ index: 0, verb: 'add', subject }] });
  }
  return turned;
}

function priorityIn(text: string): number {
  const priority = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (priority <= 65_535) return priority;
  throw new HttpRefusedError(400, `priority “${text}”: a whole number from 0 to 65535.`);
}

/** What changes are tried with. */
export interface TrialParts extends ChangeParts {
  readonly pool: Pool;
  readonly clock: () => Date;
}

/**
 * Asks a look-up before and after changes, all of which are undone. Registrars try as they change, at their rate and in their
 * turn; operators try what they see, at their own.
 *
 * @throws HttpRefusedError 429 for a registrar that asks for too much, 503 while changes of others are in the way
 */
export async function tryTurned(
  request: FastifyRequest,
  {
    question,
    turned,
    caller,
  }: { readonly question: Question; readonly turned: readonly Turned[]; readonly caller: Caller },
  visitor: Visitor,
  { intake, drain, pool, clock }: TrialParts,
): Promise<Tried<Explained>> {
  const items = turned.flatMap((each) => each.items);
  const address = clientAddress(request);
  const received: Received = {
    ...{ serverTransId: randomUUID(), clientTransId: undefined, operation: undefined, mode: 'validate' },
    ...{ registrarId: caller.registrarId, credentialId: caller.credentialId, receivedAt: clock() },
    ...{ remoteAddress: address, userAgent: USER_AGENT, disconnected: drain.disconnected(request.raw.socket) },
  };
  const ask = (db: Parameters<typeof explainLookup>[0]) => explainLookup(db, question, visitor);
  try {
    return await drain.finish(
      visitor.kind === 'operator'
        ? tryChanges(items, { caller, received }, { ...intake, pool }, ask)
        : tryOut({ items, address, caller, received }, intake, ask),
    );
  } catch (error) {
    if (error instanceof TooManyRequestsError) throw tooManyRequests(error, caller);
    if (error instanceof TrialBlockedError) {
      throw new HttpRefusedError(503, 'A change of the same objects is under way; try it again when it is done.');
    }
    throw error;
  }
}
