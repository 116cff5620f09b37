import type { FastifyInstance } from 'fastify';
import { CONSUMER_RULE, consumerOf, POSITION_RULE, positionOf } from '../queue/event-query.js';
import { type Ack, ackEvents, type Consumer, listConsumers, removeConsumer } from '../registry/events/consumers.js';
import { type ParameterFault, parameterFault } from '../values/parameter-fault.js';
import { type RegistrarEventsParts, tooManyConsumers, USUAL_CONSUMER } from './events-route.js';
import { eventsSchemas } from './events-schema.js';
import { HttpRefusedError } from './http-refused.js';
import { readJsonBody } from './json-body.js';
import { sendFault } from './parameter-fault.js';
import { readsParameters } from './route-schema.js';

/** `POST /events/ack` and `/events/consumers`: how far a registrar has read its events, under each of its names. */
export function addEventConsumersRoute(app: FastifyInstance, parts: RegistrarEventsParts): void {
  const { shared, clock, authenticate } = parts;
  app.post('/events/ack', { schema: eventsSchemas.ack, ...readsParameters }, async (request, reply) => {
    const { caller } = await authenticate(request);
    const ack = readAck(await readJsonBody(request), clock());
    if ('rule' in ack) return sendFault(reply, ack);
    const { registrarId } = caller;
    const outcome = await ackEvents(shared.of(registrarId), registrarId, ack);
    if (outcome === 'too many') throw tooManyConsumers();
    if ('name' in outcome) return reply.header('cache-control', 'no-store').send(bodyOf(outcome));
    const { published } = outcome;
    return sendFault(reply, {
      ...{ field: 'position', value: String(ack.position) },
      rule: `up to ${published}, the last position that was published`,
    });
  });
  app.get('/events/consumers', { exposeHeadRoute: false, schema: eventsSchemas.consumers }, async (request, reply) => {
    const { registrarId } = (await authenticate(request)).caller;
    const consumers = await listConsumers(shared.of(registrarId), registrarId);
    return reply.header('cache-control', 'no-store').send({ consumers: consumers.map(bodyOf) });
  });
  app.delete<{ Params: { name: string } }>(
    '/events/consumers/:name',
    { schema: eventsSchemas.removeConsumer, ...readsParameters },
    async (request, reply) => {
      const { registrarId } = (await authenticate(request)).caller;
      const name = consumerOf(request.params.name);
      const isRemoved = name !== undefined && (await removeConsumer(shared.of(registrarId), registrarId, name));
      if (!isRemoved) throw new HttpRefusedError(404, 'The registrar has no such consumer.');
      return reply.code(204).send();
    },
  );
}

function readAck(given: Readonly<Record<string, unknown>>, at: Date): Ack | ParameterFault {
  const stranger = Object.keys(given).find((name) => !['consumer', 'position', 'back'].includes(name));
  if (stranger !== undefined) return parameterFault(stranger, given[stranger], 'consumer, position and back only');
  const { consumer = USUAL_CONSUMER, position, back = false } = given;
  const name = consumerOf(consumer);
  if (name === undefined) return parameterFault('consumer', consumer, CONSUMER_RULE);
  const read = positionOf(position);
  if (read === undefined) return parameterFault('position', position, POSITION_RULE);
  if (typeof back !== 'boolean') return parameterFault('back', back, 'true or false');
  return { name, position: read, back, at };
}

function bodyOf({ name, position, missedUntil, createdAt, ackedAt }: Consumer) {
  return { name, position, missedUntil, createdAt: createdAt.toISOString(), ackedAt: ackedAt?.toISOString() ?? null };
}
