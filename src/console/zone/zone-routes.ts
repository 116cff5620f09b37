import type { FastifyInstance } from 'fastify';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { giveValue } from '../login/cookie.js';
import { refused } from '../query.js';
import { isZone, ZONE } from './zone.js';
import { zonePage } from './zone-page.js';

/** The zone whose times stand beside UTC: the reader's browser alone remembers it. */
export function addZone(scope: FastifyInstance, clock: () => Date): void {
  scope.get('/console/zone', (request, reply) => sendPage(request, reply, zonePage(clock(), visitorOf(request))));
  scope.post('/console/zone', async (request, reply) => {
    const zone = formOf(request).get('zone') ?? '';
    if (zone !== '' && !isZone(zone)) throw refused('zone', zone, 'a time zone of the list, or none');
    giveValue(request, reply, ZONE, zone === '' ? undefined : zone);
    return reply.redirect('/console/zone', 303);
  });
}
