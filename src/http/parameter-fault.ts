import type { FastifyReply } from 'fastify';
import { mediaTypes } from '../lookup/schema.js';
import type { ParameterFault } from '../values/parameter-fault.js';

/** Answers 400 with the fault as JSON; lookup/schema describes it. */
export function sendFault(reply: FastifyReply, fault: ParameterFault): FastifyReply {
  return reply
    .code(400)
    .header('content-type', mediaTypes.json)
    .send(Buffer.from(JSON.stringify(fault)));
}
