import type { FastifyInstance } from 'fastify';
import type { Span } from '../intake/request.js';
import { HEALTH } from './health-route.js';
import {
  readTraceparent,
  type SpanContext,
  type TraceContext,
  unreportedSpan,
  writeTraceparent,
} from './traceparent.js';

/** The span of one request, where spans are reported. */
export interface RequestSpan extends SpanContext, Span {
  end(status: number): void;
}

/** Reports spans. */
export interface Tracing {
  /** Begins the span of a request, in its client's trace or in a new one. */
  begin(method: string, path: string, route: string, parent: TraceContext | undefined): RequestSpan;
  /** Sends the spans that are not sent yet, and stops. */
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where spans are not reported. */
    span: RequestSpan | undefined;
  }
}

/** Gives each request its span; the request's log lines and the traceparent header of its answer name it. */
export function addTraceContext(app: FastifyInstance, tracing: Tracing | undefined): void {
  app.decorateRequest('span', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    const parent = readTraceparent(request.headers.traceparent);
    const { url: path = 'none' } = request.routeOptions;
    if (tracing !== undefined && !path.startsWith(HEALTH)) {
      const span = tracing.begin(request.method, request.url.replace(/\?.*/s, ''), path, parent);
      request.span = span;
      reply.raw.once('close', () => span.end(reply.statusCode));
    }
    const context = request.span ?? (parent && unreportedSpan(parent));
    if (context !== undefined) {
      const { traceId, spanId } = context;
      request.log = request.log.child({ traceId, spanId, ...(parent && { parentId: parent.parentId }) });
      reply.header('traceparent', writeTraceparent(context));
    }
    done();
  });
}
