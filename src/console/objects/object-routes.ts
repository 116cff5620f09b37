import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { isKeyFault, readKey } from '../../forms/key-text.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { sendPage, visitorOf } from '../exchange.js';
import { type Query, shown, textIn } from '../query.js';
import { find } from './find.js';
import { findPage } from './find-page.js';
import { homePage } from './home-page.js';
import { readObject } from './object.js';
import { objectPage } from './object-page.js';

/** What is found by one field, and the pages of objects. What a visitor may not see is answered like what is not there. */
export function addObjects(scope: FastifyInstance, pool: Pool): void {
  scope.get('/console', (request, reply) => sendPage(request, reply, homePage(visitorOf(request))));
  scope.get<{ Querystring: Query }>('/console/find', async (request, reply) => {
    const visitor = visitorOf(request);
    const text = textIn(request.query, 'q').trim();
    return sendPage(request, reply, findPage(text, await find(pool, text, visitor), visitor));
  });
  scope.get<{ Querystring: Query }>('/console/object', async (request, reply) => {
    const visitor = visitorOf(request);
    const key = readKey(textIn(request.query, 'key'), undefined);
    if (isKeyFault(key)) throw new HttpRefusedError(400, `${key.field} “${key.value}”: ${key.rule}.`);
    const state = shown(await readObject(pool, key, visitor));
    return sendPage(request, reply, objectPage(key, state, visitor));
  });
}
