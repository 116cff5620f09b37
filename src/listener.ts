import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyRequest,
  type FastifyServerFactory,
  LogController,
} from 'fastify';
import type { ListenerDeps } from './deps.js';
import { type Admitted, authenticate } from './http/authenticate.js';
import { clientAddress } from './http/client-address.js';
import { HttpConnections } from './http/connections.js';
import { Drain } from './http/drain.js';
import { HEALTH } from './http/health-route.js';
import { checkHost } from './http/host.js';
import { HttpRefusedError, type RefusalOrigin } from './http/http-refused.js';
import { openOwnPort, type Place, takeSharedPort, urlOf } from './http/listening-port.js';
import { refuseOtherMethods } from './http/methods.js';
import { listenForMetrics } from './http/metrics-listener.js';
import { collectSchemas } from './http/openapi-route.js';
import { addTraceContext } from './http/request-span.js';
import { sendRefusal } from './http/send.js';
import { ownTarget } from './http/target.js';
import { ClientDisconnectedError } from './operations/client-disconnected.js';
import { isPassing } from './registry/connection/database-error.js';

export interface Server {
  /** Where it listens, as an absolute URL without path. */
  readonly url: string;
  /** The same of the console, if that has a port of its own. */
  readonly consoleUrl: string | undefined;
  /** Where monitoring asks, if it may. */
  readonly metricsUrl: string | undefined;
  /** Lets requests under way end within `SPPP_DRAIN_TIMEOUT`, refuses new ones, and stops. */
  close(): Promise<void>;
}

/** Of a node whose database has been upgraded for newer ones. It would do wrong. */
const OLD_NODE = 'This node is too old for its database; other nodes of the registry answer.';

/** A port of a server without resources, at which it does not listen yet. */
export interface Listener {
  readonly app: FastifyInstance;
  readonly drain: Drain;
  readonly asRegistrar: (request: FastifyRequest) => Admitted | Promise<Admitted>;
  readonly countRefusal: (request: FastifyRequest, status: number, origin: RefusalOrigin) => void;
  /** How many connections there are. */
  readonly connections: () => number;
  /** Listens. To be called when all resources are there. */
  listen(): Promise<Listening>;
}

interface Listening {
  readonly url: string;
  /** As that of a `Server`. */
  close(): Promise<void>;
}

/** Makes a port without resources: connections, limits of addresses, refusals, logins and the stop. */
export async function openListener(deps: ListenerDeps, place: Place): Promise<Listener> {
  const { config, digestContext, credentials, throttle, refusals, activity, metrics, tls, clock, log, worker } = deps;
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
  const countRefusal = (request: FastifyRequest, status: number, origin: RefusalOrigin) => {
    refusals.count(status, origin, clientAddress(request));
    activity.refused(status, origin);
    metrics.refused(status, origin.reason, origin.registrar?.orgId);
  };
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof HttpRefusedError) {
      const { status, refusalOrigin } = error;
      if (refusalOrigin !== undefined) countRefusal(request, status, refusalOrigin);
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
  const listen = async (): Promise<Listening> => {
    refuseOthers();
    const scheme = tls === undefined ? 'http' : 'https';
    const opened =
      worker === undefined
        ? await openOwnPort(app, place, scheme)
        : await takeSharedPort(app, connections, worker, place.index);
    return {
      url: urlOf(scheme, opened.address),
      close: async () => {
        if (worker !== undefined) await drain.leave(connections.closed(), worker.nodeStops);
        await drain.end(app.server, () => connections.open, opened.close, config.limits.drainTimeout);
      },
    };
  };
  return { app, drain, asRegistrar, countRefusal, connections: () => connections.open, listen };
}

/**
 * Listens at the port of each listener, and for monitoring. If it cannot listen at one of them, it closes the others and throws
 * the reason.
 *
 * @param ofConsole the listener of the console, if that has one of its own
 */
export async function listenAll(
  { config, metrics, tls, worker }: ListenerDeps,
  main: Listener,
  ofConsole?: Listener,
): Promise<Server> {
  const opened: Listening[] = [];
  const listen = async (listener: Listener) => {
    const listening = await listener.listen();
    opened.push(listening);
    return listening.url;
  };
  const closeAll = () => Promise.all(opened.map((each) => each.close()));
  try {
    const url = await listen(main);
    const consoleUrl = ofConsole && (await listen(ofConsole));
    worker?.answer('metrics', () => metrics.values());
    const isMonitored = worker === undefined && config.metrics !== undefined;
    const monitored = isMonitored ? await listenForMetrics(config.metrics, metrics) : undefined;
    const reload = () => void tls?.reload();
    if (tls !== undefined) process.on('SIGHUP', reload);
    const close = async () => {
      process.off('SIGHUP', reload);
      await closeAll();
      await monitored?.close();
      metrics.close();
    };
    return { url, consoleUrl, metricsUrl: monitored?.url, close };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
