import type { FastifyRequest } from 'fastify';
import { addConsole } from './console/console.js';
import { leadToConsole } from './console/own-port.js';
import type { Deps } from './deps.js';
import { addAboutRoute } from './http/about-route.js';
import { addAgreementsRoute } from './http/agreements-route.js';
import { authenticateAgain, authenticateOperator, authenticateOperatorAgain } from './http/authenticate.js';
import { clientAddress } from './http/client-address.js';
import { addEventConsumersRoute } from './http/event-consumers-route.js';
import { addEventSchemasRoute } from './http/event-schemas-route.js';
import { addEventsRoute } from './http/events-route.js';
import { addFeedRoute } from './http/feed-route.js';
import { addHealthRoutes } from './http/health-route.js';
import { HttpRefusedError } from './http/http-refused.js';
import { addLookupRoute } from './http/lookup-route.js';
import { addObjectsRoute } from './http/objects-route.js';
import { addOpenApiRoute } from './http/openapi-route.js';
import { operatorAccess } from './http/operator-access.js';
import { addOperatorEventsRoute } from './http/operator-events-route.js';
import { operatorStatus } from './http/operator-status.js';
import { addOperatorStatusRoute } from './http/operator-status-route.js';
import { Pulls } from './http/pulls.js';
import { addRootRoute } from './http/root-route.js';
import { addSpppRoute } from './http/sppp-route.js';
import { answeringOf } from './http/sppp-trace-header.js';
import { addTransactionRoute } from './http/transaction-route.js';
import { addOperatorWebhooksRoute, addWebhooksRoute } from './http/webhooks-route.js';
import { addWsdlRoute } from './http/wsdl-route.js';
import type { Disturb } from './intake/request.js';
import { listenAll, openListener, type Server } from './listener.js';
import { BulkLimiter } from './operations/bulk-limiter.js';
import { GroupCommitQueue } from './operations/group-commit-queue.js';
import { UnreadAnswers } from './operations/unread-answers.js';
import { SharedPool } from './registry/connection/shared-pool.js';

/** One resource per processing mode; the first is the RFC's. */
const resources = [
  { path: '/sppp', mode: 'atomic' },
  { path: '/sppp/partial', mode: 'partial' },
  { path: '/sppp/validate', mode: 'validate' },
] as const;

/**
 * Listens and answers.
 *
 * @param disturb makes requests end otherwise than by themselves, for `sppp demo --scenario`
 */
export async function serve(deps: Deps, disturb?: Disturb): Promise<Server> {
  const { config, database, commitInquiry, digestContext, credentials, throttle, metrics } = deps;
  const { activity, underWay, lookups, health, clock } = deps;
  const { host, port, console } = config;
  const listener = await openListener(deps, { host, port, index: 0 });
  const { app, drain, asRegistrar } = listener;
  const ofConsole = console?.listen && (await openListener(deps, { ...console.listen, index: 1 }));
  const pool = new SharedPool(database.pool);
  const unreadAnswers = new UnreadAnswers(config.limits.unread);
  const groupCommits = new GroupCommitQueue(pool, commitInquiry, clock, config.cor, unreadAnswers);
  // A registrar's large requests leave it a connection for small ones.
  const perRegistrar = Math.max(Math.min(config.limits.bulk.perRegistrar, pool.share - 1), 1);
  const bulkLimiter = new BulkLimiter({ ...config.limits.bulk, perRegistrar });
  const readLimiter = new BulkLimiter({ ...config.limits.bulk, perRegistrar });
  const load = { groupCommitWaiting: 0 };
  const queues = { groupCommits, bulkLimiter, readLimiter, load };
  const accounts = { unreadAnswers, throttle, metrics, activity, underWay };
  const intake = { pool, commitInquiry, clock, corRules: config.cor, ...accounts, ...queues };

  for (const { path, mode } of resources) {
    addSpppRoute(app, {
      path,
      mode,
      limits: config.limits,
      archive: config.archive,
      intake,
      answering: answeringOf(config.identity),
      drain,
      disturb,
      authenticate: asRegistrar,
    });
    addWsdlRoute(app, path, config.publicUrl);
  }
  const { maxAge } = config.lookup;
  const healthOf = {
    registry: health,
    lookups: deps.lookupDatabase.health,
    maxAge: maxAge / 1000,
    schema: deps.schema,
  };
  addHealthRoutes(app, healthOf, (request) => throttle.enterHealthFrom(clientAddress(request)));
  addTransactionRoute(app, pool, asRegistrar);
  addWebhooksRoute(app, { shared: pool, settings: config.webhooks, authenticate: asRegistrar });
  const pulls = new Pulls(config.limits);
  addFeedRoute(app, database.pool, pulls, asRegistrar);
  addObjectsRoute(app, database.pool, pulls, clock, asRegistrar);
  addAgreementsRoute(app, { pool: database.pool, clock, throttle, authenticate: asRegistrar });
  const admit = operatorAccess({
    ...{ throttle, clock, pool: database.pool },
    authenticate: (request) =>
      authenticateOperator(request.raw, clientAddress(request), digestContext, credentials, clock),
  });
  const events = { readers: deps.eventReaders, registry: deps.registry, drain, clock };
  const again = (request: FastifyRequest, username: string) => ({ request: request.raw, username });
  const registrarEvents = {
    ...{ ...events, shared: pool, authenticate: asRegistrar },
    authenticateAgain: (request: FastifyRequest, username: string) =>
      authenticateAgain(again(request, username), digestContext, credentials, clock),
  };
  addEventsRoute(app, registrarEvents);
  addEventConsumersRoute(app, registrarEvents);
  addEventSchemasRoute(app);
  addOperatorEventsRoute(app, {
    ...{ ...events, pool: database.pool, admit },
    authenticateAgain: (request, username) =>
      authenticateOperatorAgain(again(request, username), digestContext, credentials, clock),
  });
  addOperatorWebhooksRoute(app, { pool: database.pool, settings: config.webhooks, admit });
  const readStatus = operatorStatus({
    ...{ config, clock, lookups, pool: database.pool, worker: deps.worker, tls: deps.tls },
    queues: () => ({
      bulk: { running: bulkLimiter.running, waiting: bulkLimiter.waiting },
      bulkReads: { running: readLimiter.running, waiting: readLimiter.waiting },
      groupCommitWaiting: load.groupCommitWaiting,
      databaseWaiting: pool.waiting + database.pool.waitingCount,
      feeds: pulls.running,
      unreadAnswerBytes: unreadAnswers.bytes,
    }),
  });
  addOperatorStatusRoute(app, readStatus, admit);
  if (console !== undefined) {
    const { failedLogins } = digestContext;
    const at = ofConsole ?? listener;
    await addConsole(at.app, {
      ...{ pool: database.pool, prisma: database.prisma, credentials, failedLogins },
      ...{ throttle, clock, settings: console, countRefusal: at.countRefusal, readStatus },
      ...{ intake, drain: at.drain, archive: config.archive, limits: config.limits, webhooks: config.webhooks },
    });
    if (ofConsole !== undefined) leadToConsole(ofConsole.app);
  }
  const [first, ...others] = resources;
  const paths = [first.path, ...others.map(({ path }) => path)] as const;
  addAboutRoute(app, config.identity, paths);
  addRootRoute(app, paths, config.publicUrl, console !== undefined && ofConsole === undefined);

  const connections = () => listener.connections() + (ofConsole?.connections() ?? 0);
  if (config.metrics !== undefined)
    metrics.watch({
      ...{ bulkLimiter, load, connections, lookups },
      ...{ pool: database.pool, shared: pool, eventReaders: deps.eventReaders },
    });
  addLookupRoute(app, { lookups, activity, authenticate: asRegistrar });
  addOpenApiRoute(app);
  app.setNotFoundHandler(() => {
    throw new HttpRefusedError(404, 'Unknown path; GET / lists the resources.');
  });

  const server = await listenAll(deps, listener, ofConsole);
  const close = () => {
    deps.eventReaders.close(); // Else they would be waited for.
    return server.close();
  };
  return { ...server, close };
}
