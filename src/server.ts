import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerFactory,
  LogController,
} from 'fastify';
import type { Deps, ListenerDeps } from './deps.js';
import { addAboutRoute } from './http/about-route.js';
import {
  type Admitted,
  authenticate,
  authenticateAgain,
  authenticateOperator,
  authenticateOperatorAgain,
} from './http/authenticate.js';
import { clientAddress } from './http/client-address.js';
import { HttpConnections } from './http/connections.js';
import { Drain } from './http/drain.js';
import { addEventConsumersRoute } from './http/event-consumers-route.js';
import { addEventSchemasRoute } from './http/event-schemas-route.js';
import { addEventsRoute } from './http/events-route.js';
import { addFeedRoute } from './http/feed-route.js';
import { addHealthRoutes, HEALTH } from './http/health-route.js';
import { checkHost } from './http/host.js';
import { HttpRefusedError } from './http/http-refused.js';
import { openOwnPort, takeSharedPort, urlOf } from './http/listening-port.js';
import { addLookupRoute } from './http/lookup-route.js';
import { refuseOtherMethods } from './http/methods.js';
import { listenForMetrics } from './http/metrics-listener.js';
import { addObjectsRoute } from './http/objects-route.js';
import { addOpenApiRoute, collectSchemas } from './http/openapi-route.js';
import { operatorAccess } from './http/operator-access.js';
import { addOperatorEventsRoute } from './http/operator-events-route.js';
import { addOperatorStatusRoute } from './http/operator-status-route.js';
import { Pulls } from './http/pulls.js';
import { addTraceContext } from './http/request-span.js';
import { addRootRoute } from './http/root-route.js';
import { sendRefusal } from './http/send.js';
import { addSpppRoute } from './http/sppp-route.js';
import { answeringOf } from './http/sppp-trace-header.js';
import { ownTarget } from './http/target.js';
import { addTransactionRoute } from './http/transaction-route.js';
import { addWebhooksRoute } from './http/webhooks-route.js';
import { addWsdlRoute } from './http/wsdl-route.js';
import type { Disturb } from './intake/request.js';
import { BulkLimiter } from './operations/bulk-limiter.js';
import { ClientDisconnectedError } from './operations/client-disconnected.js';
import { GroupCommitQueue } from './operations/group-commit-queue.js';
import { UnreadAnswers } from './operations/unread-answers.js';
import { isPassing } from './registry/connection/database-error.js';
import { SharedPool } from './registry/connection/shared-pool.js';

export interface Server {
  /** Where it listens, as an absolute URL without path. */
  readonly url: string;
  /** Where monitoring asks, if it may. */
  readonly metricsUrl: string | undefined;
  /** Lets requests under way end within `SPPP_DRAIN_TIMEOUT`, refuses new ones, and stops. */
  close(): Promise<void>;
}

/** One resource per processing mode; the first is the RFC's. */
const resources = [
  { path: '/sppp', mode: 'atomic' },
  { path: '/sppp/partial', mode: 'partial' },
  { path: '/sppp/validate', mode: 'validate' },
] as const;

/** Of a node whose database has been upgraded for newer ones. It would do wrong. */
const OLD_NODE = 'This node is too old for its database; other nodes of the registry answer.';

/** A server without resources, which does not listen yet. */
export interface Listener {
  readonly app: FastifyInstance;
  readonly drain: Drain;
  readonly asRegistrar: (request: FastifyRequest) => Admitted | Promise<Admitted>;
  /** How many connections there are. */
  readonly connections: () => number;
  /** Listens. To be called when all resources are there. */
  listen(): Promise<Server>;
}

/** Makes a server without resources: connections, limits of addresses, refusals, logins and the stop. */
export async function openListener(deps: ListenerDeps): Promise<Listener> {
  const { config, digestContext, credentials, throttle, refusals, metrics, tls, clock, log, worker } = deps;
  const http = {
    requestTimeout: config.limits.requestTimeout,
    headersTimeout: config.limits.headersTimeout,
    connectionsCheckingInterval: 1000, // Node looks at these timeouts every 30 s otherwise.
    maxHeaderSize: 16_384,
    keepAliveTimeout: 72_000,
  };
  const connections = new HttpConnections(config.limits, (code) => metrics.brokenConnection(code));
  const serverFactory: FastifyServerFactory = (handler) => connections.serve(http, tls, handler);
  const app: FastifyInstance = Fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true }),
    rewriteUrl: (request) => ownTarget(request, digestContext.basePath),
    return503OnClosing: false, // Ours says when to come back.
    requestTimeout: config.limits.requestTimeout,
    forceCloseConnections: 'idle',
    trustProxy: config.trustedProxies.length > 0 && [...config.trustedProxies],
    serverFactory,
    clientErrorHandler: () => undefined, // Ours waits for the answers under way.
  });
  const drain = new Drain();

  // Bodies are read as streams, by the route, once the client is known.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, _payload, done) => done(null));

  const refuseOthers = refuseOtherMethods(app);
  await collectSchemas(app);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-content-type-options', 'nosniff');
    drain.enter(request.raw.socket, reply.raw);
    if (!drain.hasBegun) return done();
    const again = { 'retry-after': '5', connection: 'close' };
    done(new HttpRefusedError(503, 'The server is shutting down.', again));
  });
  app.addHook('onRequest', (request, _reply, done) => {
    if (deps.schema.tooNew === undefined || request.routeOptions.url?.startsWith(HEALTH)) return done();
    done(new HttpRefusedError(503, OLD_NODE, { 'retry-after': '5', connection: 'close' }));
  });
  addTraceContext(app, deps.tracing);
  app.addHook('onRequest', (request, _reply, done) => {
    checkHost(request.raw);
    if (request.routeOptions.url?.startsWith(HEALTH)) return done(); // Whoever watches over us counts apart.
    const wait = throttle.enterFrom(clientAddress(request));
    if (wait === undefined) return done();
    const later = { 'retry-after': String(wait) };
    done(new HttpRefusedError(429, 'Too many requests from this address.', later, { reason: 'tooMany' }));
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof HttpRefusedError) {
      const { status, refusalOrigin } = error;
      if (refusalOrigin !== undefined) {
        refusals.count(status, refusalOrigin, clientAddress(request));
        metrics.refused(status, refusalOrigin.reason, refusalOrigin.registrar?.orgId);
      }
      return sendRefusal(reply, error);
    }
    if (error.statusCode !== undefined && error.statusCode < 500) {
      return sendRefusal(reply, new HttpRefusedError(error.statusCode, error.message));
    }
    if (error instanceof ClientDisconnectedError || request.raw.readableAborted)
      request.log.info('the client broke off');
    else request.log.error({ err: error }, 'request failed');
    if (isPassing(error)) {
      return sendRefusal(
        reply,
        new HttpRefusedError(503, 'The database is away.', { 'retry-after': '5', connection: 'close' }),
      );
    }
    return sendRefusal(reply, new HttpRefusedError(500, 'The server failed; it has been logged.'));
  });

  const asRegistrar = (request: FastifyRequest) =>
    authenticate(request.raw, clientAddress(request), digestContext, credentials, clock);
  const listen = async (): Promise<Server> => {
    refuseOthers();
    const scheme = tls === undefined ? 'http' : 'https';
    const opened =
      worker === undefined ? await openOwnPort(app, config, scheme) : await takeSharedPort(app, connections, worker);
    worker?.answer('metrics', () => metrics.values());
    const monitored =
      worker === undefined && config.metrics !== undefined
        ? await listenForMetrics(config.metrics, metrics).catch(closing(app))
        : undefined;
    const reload = () => void tls?.reload();
    if (tls !== undefined) process.on('SIGHUP', reload);
    return {
      url: urlOf(scheme, opened.address),
      metricsUrl: monitored?.url,
      close: async () => {
        process.off('SIGHUP', reload);
        await drain.end(app.server, () => connections.open, opened.close, config.limits.drainTimeout);
        await monitored?.close();
        metrics.close();
      },
    };
  };
  return { app, drain, asRegistrar, connections: () => connections.open, listen };
}

/**
 * Listens and answers.
 *
 * @param disturb makes requests end otherwise than by themselves, for `sppp demo --scenario`
 */
export async function serve(deps: Deps, disturb?: Disturb): Promise<Server> {
  const { config, database, commitInquiry, digestContext, credentials, throttle, metrics, lookups, health, clock } =
    deps;
  const listener = await openListener(deps);
  const { app, drain, asRegistrar } = listener;
  const pool = new SharedPool(database.pool);
  const unreadAnswers = new UnreadAnswers(config.limits.unread);
  const groupCommits = new GroupCommitQueue(pool, commitInquiry, clock, config.cor, unreadAnswers);
  // A registrar's large requests leave it a connection for small ones.
  const perRegistrar = Math.max(Math.min(config.limits.bulk.perRegistrar, pool.share - 1), 1);
  const bulkLimiter = new BulkLimiter({ ...config.limits.bulk, perRegistrar });
  const readLimiter = new BulkLimiter({ ...config.limits.bulk, perRegistrar });
  const load = { groupCommitWaiting: 0 };
  const queues = { groupCommits, bulkLimiter, readLimiter, load };
  const intake = { pool, commitInquiry, clock, corRules: config.cor, unreadAnswers, throttle, metrics, ...queues };

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
  addWebhooksRoute(app, { shared: pool, settings: config.webhooks, clock, authenticate: asRegistrar });
  const pulls = new Pulls(config.limits);
  addFeedRoute(app, database.pool, pulls, asRegistrar);
  addObjectsRoute(app, database.pool, pulls, clock, asRegistrar);
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
  addOperatorStatusRoute(app, {
    ...{ config, clock, admit, lookups, pool: database.pool, worker: deps.worker },
    queues: () => ({
      bulk: { running: bulkLimiter.running, waiting: bulkLimiter.waiting },
      bulkReads: { running: readLimiter.running, waiting: readLimiter.waiting },
      groupCommitWaiting: load.groupCommitWaiting,
      databaseWaiting: pool.waiting + database.pool.waitingCount,
      feeds: pulls.running,
      unreadAnswerBytes: unreadAnswers.bytes,
    }),
  });
  const [first, ...others] = resources;
  const paths = [first.path, ...others.map(({ path }) => path)] as const;
  addAboutRoute(app, config.identity, paths);
  addRootRoute(app, paths, config.publicUrl);

  const { connections } = listener;
  if (config.metrics !== undefined)
    metrics.watch({
      ...{ bulkLimiter, load, connections, lookups },
      ...{ pool: database.pool, shared: pool, eventReaders: deps.eventReaders },
    });
  addLookupRoute(app, lookups, asRegistrar);
  addOpenApiRoute(app);
  app.setNotFoundHandler(() => {
    throw new HttpRefusedError(404, 'Unknown path; GET / lists the resources.');
  });

  const server = await listener.listen();
  const close = () => {
    deps.eventReaders.close(); // Else they would be waited for.
    return server.close();
  };
  return { ...server, close };
}

/** Closes a server whose metrics cannot be served, so that the start fails. */
function closing(app: FastifyInstance): (error: unknown) => Promise<never> {
  return async (error) => {
    await app.close();
    throw error;
  };
}
