import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../config.js';
import type { Span } from '../intake/request.js';
import type { TraceLevel } from '../registry/access/credentials.js';

/** Who answers: all nodes together, and this one. */
export interface Answering {
  readonly system: string;
  readonly node: string;
}

/** As the operator has named them; a node that has no name is called like its machine. */
export function answeringOf({ system, node }: Identity): Answering {
  return { system, node: node ?? hostname().replace(/[^A-Za-z0-9._:-]/g, '_') };
}

/**
 * What an answer tells of its way, so that a carrier and an operator can speak of the same request without the message
 * (RFC 3897 §3 asks it of systems that handle the messages of others). Undefined if nothing is to be told.
 */
export function traceHeader(level: TraceLevel, { system, node }: Answering, transaction?: string): string | undefined {
  const parts = level === 'full' ? [`system=${system}`, `node=${node}`] : [];
  if (level !== 'none' && transaction !== undefined) parts.push(`transaction=${transaction}`);
  return parts.length === 0 ? undefined : parts.join('; ');
}

/** A request's place in a trace that its client began (W3C Trace Context). */
export interface TraceContext {
  readonly traceId: string;
  /** The client's part of it. */
  readonly parentId: string;
  readonly flags: string;
}

/** Reads a traceparent header. One that cannot be read is none (W3C Trace Context §3.2). */
export function readTraceparent(header: string | string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId = '', parentId = '', flags = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header.trim()) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, flags };
}

/** A request's part of a trace, where traces are reported. */
export interface RequestSpan extends Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
  end(status: number): void;
}

/** Reports traces. */
export interface Tracing {
  /** Begins a request's part of its client's trace, or of a new one. */
  begin(method: string, path: string, route: string, parent: TraceContext | undefined): RequestSpan;
  /** Sends what is left, and stops. */
  close(): Promise<void>;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined where traces are not reported. */
    span: RequestSpan | undefined;
  }
}

/** Log lines of a request name the trace that it belongs to, and the answer our part of it. */
export function addTraceContext(app: FastifyInstance, tracing: Tracing | undefined): void {
  app.decorateRequest('span', undefined);
  app.addHook('onRequest', (request, reply, done) => {
    const parent = readTraceparent(request.headers.traceparent);
    const { url: path = 'none' } = request.routeOptions;
    if (tracing !== undefined && path !== '/health') {
      const span = tracing.begin(request.method, request.url.replace(/\?.*/s, ''), path, parent);
      request.span = span;
      reply.raw.once('close', () => span.end(reply.statusCode));
    }
    const part = request.span ?? ownPart(parent);
    if (part !== undefined) {
      const { traceId, spanId, sampled } = part;
      request.log = request.log.child({ traceId, spanId, ...(parent && { parentId: parent.parentId }) });
      reply.header('traceparent', `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`);
    }
    done();
  });
}

/** Our place in a trace that is not reported from here. */
function ownPart(parent: TraceContext | undefined): Pick<RequestSpan, 'traceId' | 'spanId' | 'sampled'> | undefined {
  if (parent === undefined) return undefined;
  // Of the flags we know one: whether the client records the trace.
  return {
    traceId: parent.traceId,
    spanId: randomBytes(8).toString('hex'),
    sampled: (Number.parseInt(parent.flags, 16) & 1) === 1,
  };
}
