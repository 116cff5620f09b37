import type { FastifyInstance } from 'fastify';
import { HttpRefusedError } from '../http/http-refused.js';
import { OperatorError } from '../operator-error.js';
import { MAX_TARGET } from '../registry/journal/operator-requests.js';
import { sendPage, visitorOf } from './exchange.js';
import { type PlannedChange, plannedPage, toldPage } from './planned-change.js';
import type { Query } from './query.js';
import type { Visitor } from './visitor.js';

/**
 * What a change would do, by the parameters of its page.
 *
 * @throws HttpRefusedError for a visitor that may not make it, and for parameters that break a rule
 */
export type Plan = (query: Query, visitor: Visitor) => Promise<PlannedChange>;

/** Adds a page that shows a change, and whose button makes it. Its address is the record of the change. */
export function addPlannedChange(scope: FastifyInstance, path: string, plan: Plan): void {
  const planned = async (query: Query, visitor: Visitor, url: string): Promise<PlannedChange> => {
    const change = await orRefused(400, plan(query, visitor));
    if (url.length <= MAX_TARGET) return change;
    throw new HttpRefusedError(400, 'These texts are too long: the record of the change has to have all of them.');
  };
  scope.get<{ Querystring: Query }>(path, async (request, reply) => {
    const visitor = visitorOf(request);
    const change = await planned(request.query, visitor, request.url);
    return sendPage(request, reply, plannedPage(change, request.url, visitor));
  });
  scope.post<{ Querystring: Query }>(path, async (request, reply) => {
    const visitor = visitorOf(request);
    const change = await planned(request.query, visitor, request.url);
    if (change.obstacle !== undefined) {
      return sendPage(request, reply, plannedPage(change, request.url, visitor), 409);
    }
    const told = await orRefused(409, change.make());
    if (told === undefined) return reply.redirect(change.back, 303);
    return sendPage(request, reply, toldPage(told, change.back, visitor));
  });
}

/** What a command would say is wrong, as a refusal. */
async function orRefused<T>(status: 400 | 409, asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof OperatorError ? new HttpRefusedError(status, `${error.message}.`) : error;
  }
}
