import { addAboutRoute } from './http/about-route.js';
import { clientAddress } from './http/client-address.js';
import { addFeedRoute } from './http/feed-route.js';
import { addHealthRoutes } from './http/health-route.js';
import { HttpRefusedError } from './http/http-refused.js';
import { addLookupRoute } from './http/lookup-route.js';
import { addOpenApiRoute } from './http/openapi-route.js';
import { Pulls } from './http/pulls.js';
import { listenAll, openListener, type Server } from './listener.js';
import type { LookupDeps } from './lookup-deps.js';

/** Resources that only the nodes of the registry itself have, as they write or need what a standby does not know. */
const ELSEWHERE = /^\/(?:sppp|agreements|console|events|objects|operator|transaction|webhooks)(?:[/?]|$)/;

/** Listens and answers look-ups and feeds alone: no requests of SPPP, nothing that writes. */
export async function serveLookups(deps: LookupDeps): Promise<Server> {
  const { config, database, lookups, metrics, activity, throttle } = deps;
  const listener = await openListener(deps, { host: config.host, port: config.port, index: 0 });
  const { app, asRegistrar, connections } = listener;
  const { maxAge } = config.lookup;
  const healthOf = { registry: undefined, lookups: database.health, maxAge: maxAge / 1000, schema: deps.schema };
  addHealthRoutes(app, healthOf, (request) => throttle.enterHealthFrom(clientAddress(request)));
  addAboutRoute(app, config.identity, []);
  if (config.metrics !== undefined) metrics.watchListener({ pool: database.pool, connections, lookups });
  addLookupRoute(app, { lookups, activity, authenticate: asRegistrar });
  addFeedRoute(app, deps.feeds.pool, new Pulls(config.limits), asRegistrar, healthOf.maxAge);
  addOpenApiRoute(app);
  app.setNotFoundHandler(({ url }) => {
    if (!ELSEWHERE.test(url))
      throw new HttpRefusedError(404, 'Unknown path; this node answers GET /lookup/{id} and GET /feed.');
    throw new HttpRefusedError(
      421,
      'This node answers look-ups only (sppp serve --lookups-only), and feeds; send this request to another node of the registry.',
    );
  });
  return listenAll(deps, listener);
}
