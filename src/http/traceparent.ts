import { randomBytes } from 'node:crypto';

/** A request's place in a trace that its client began (W3C Trace Context). */
export interface TraceContext {
  readonly traceId: string;
  /** The client's span. */
  readonly parentId: string;
  readonly flags: string;
}

/** A span of this server in a trace. */
export interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Reads a traceparent header. A header that cannot be read counts as absent (W3C Trace Context §3.2). */
export function readTraceparent(header: string | string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string') return undefined;
  const [, version, traceId = '', parentId = '', flags = '', more] =
    /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(header.trim()) ?? [];
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(parentId)) return undefined;
  return { traceId, parentId, flags };
}

/** The traceparent header that names a span. */
export function writeTraceparent({ traceId, spanId, sampled }: SpanContext): string {
  return `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
}

/** A span in the client's trace for a server that reports no spans itself. */
export function unreportedSpan({ traceId, flags }: TraceContext): SpanContext {
  // The one flag that we know says whether the client records the trace.
  const sampled = (Number.parseInt(flags, 16) & 1) === 1;
  return { traceId, spanId: randomBytes(8).toString('hex'), sampled };
}
