import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../authority/caller.js';
import { hearableFor } from '../authority/may.js';
import { cloudEvent } from '../events/cloud-event.js';
import { type EventQuery, readEventQuery, registrarParameters } from '../queue/event-query.js';
import { nextEvents } from '../queue/next-events.js';
import type { WaitingReaders } from '../queue/waiting-readers.js';
import type { SharedPool } from '../registry/connection/shared-pool.js';
import { MAX_CONSUMERS, openConsumer, skipForgotten } from '../registry/events/consumers.js';
import type { EventSelection } from '../registry/events/event-selection.js';
import { type EventPage, readEvents } from '../registry/events/read-events.js';
import type { Admitted } from './authenticate.js';
import type { Drain } from './drain.js';
import { BATCH, eventsSchemas, LAST, NEXT } from './events-schema.js';
import { HttpRefusedError } from './http-refused.js';
import { sendFault } from './parameter-fault.js';
import { readsParameters } from './route-schema.js';
import { sendDocument } from './send.js';

/** The consumer of a reader that names none. */
export const USUAL_CONSUMER = 'default';

/** What routes of events need. */
export interface EventsRouteParts {
  readonly readers: WaitingReaders;
  readonly drain: Pick<Drain, 'disconnected'>;
  /** Identity of the registry's database. */
  readonly registry: string;
  readonly clock: () => Date;
}

/** What the routes of registrars need. */
export interface RegistrarEventsParts extends EventsRouteParts {
  readonly shared: SharedPool;
  readonly authenticate: (request: FastifyRequest) => Admitted | Promise<Admitted>;
  /** The same registrar after its request has waited. */
  readonly authenticateAgain: (request: FastifyRequest, username: string) => Promise<Admitted>;
}

/** `GET /events`: what happened to a registrar and its objects, page by page; it may wait for the next event. */
export function addEventsRoute(app: FastifyInstance, parts: RegistrarEventsParts): void {
  const { readers, drain, shared, clock, authenticate, authenticateAgain } = parts;
  app.get<{ Querystring: Record<string, unknown> }>(
    '/events',
    { exposeHeadRoute: false, schema: eventsSchemas.read, ...readsParameters },
    async (request, reply) => {
      const { caller, username } = await authenticate(request);
      const { registrarId } = caller;
      const query = readEventQuery(request.query, registrarParameters);
      if ('rule' in query) return sendFault(reply, query);
      const left = drain.disconnected(request.raw.socket);
      const pool = shared.of(registrarId, left);
      const { after, consumer = after === undefined ? USUAL_CONSUMER : undefined } = query;
      const known = consumer && (await openConsumer(pool, registrarId, consumer, clock()));
      if (consumer !== undefined && known === undefined) throw tooManyConsumers();
      const from = after ?? (known ? known.position : 0);
      const reader = {
        select: async () => selectionOf((await authenticateAgain(request, username)).caller, query),
        read: (selection: EventSelection, position: number) => readEvents(pool, selection, position, query.limit),
        wait: query.wait * 1000,
        left,
      };
      const page = await nextEvents(readers, reader, from);
      if (page.forgotten > from && after === undefined && consumer) {
        await skipForgotten(pool, registrarId, consumer, page.forgotten);
      }
      return sendPage(request, reply, page, from, parts.registry);
    },
  );
}

/** The refusal of one more consumer. */
export function tooManyConsumers(): HttpRefusedError {
  return new HttpRefusedError(409, `The registrar has ${MAX_CONSUMERS} consumers; remove one first.`);
}

function selectionOf(caller: Caller, { types }: EventQuery): EventSelection {
  return { types, reach: { registrarId: caller.registrarId, organizations: hearableFor(caller) } };
}

/** Answers with a page: 410 if events behind the position were deleted, 400 if it was never published. */
export function sendPage(
  request: FastifyRequest,
  reply: FastifyReply,
  { events, forgotten, published, next }: EventPage,
  after: number,
  registry: string,
): FastifyReply | Promise<FastifyReply> {
  reply.header('cache-control', 'no-store');
  if (after > published) {
    return sendFault(reply, { field: 'after', value: String(after), rule: `up to ${published}, the last position` });
  }
  if (forgotten > after) {
    const reason = `Events up to ${forgotten} were deleted because of their age.`;
    return reply.code(410).send({ reason, oldest: forgotten + 1, after: forgotten });
  }
  reply.header(NEXT, String(next)).header(LAST, String(published));
  const text = JSON.stringify(events.map((event) => cloudEvent(event, registry)));
  return sendDocument(request, reply, { status: 200, mediaType: BATCH, text });
}
