import type { FastifyInstance } from 'fastify';
import { HttpRefusedError } from '../http/http-refused.js';

/** Leads to the console whoever asks for the root of a port that has the console alone. */
export function leadToConsole(app: FastifyInstance): void {
  app.get('/', (_request, reply) => reply.redirect('/console', 303));
  app.setNotFoundHandler(() => {
    throw new HttpRefusedError(404, 'Unknown path; this port has the console alone, at /console.');
  });
}
