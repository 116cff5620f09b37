import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../config.js';
import type { TraceLevel } from '../registry/credentials.js';

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

/** Log lines of a request name the trace that it belongs to, and the answer our part of it. */
export function addTraceContext(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const context = readTraceparent(request.headers.traceparent);
    if (context === undefined) return;
    const { traceId, parentId, flags } = context;
    const spanId = randomBytes(8).toString('hex');
    request.log = request.log.child({ traceId, spanId, parentId });
    // Of the flags we know one: whether the client records the trace.
    const sampled = (Number.parseInt(flags, 16) & 1).toString().padStart(2, '0');
    reply.header('traceparent', `00-${traceId}-${spanId}-${sampled}`);
  });
}
