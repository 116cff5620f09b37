import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, TraceFlags, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Identity } from '../config.js';
import type { TracingSettings } from '../tracing-settings.js';
import type { RequestSpan, Tracing } from './request-span.js';
import type { TraceContext } from './traceparent.js';

/** How long a collector that does not answer can delay the shutdown of the server. */
const FLUSH_TIMEOUT_MS = 2000;

/** Parts of one request with spans of their own: a large request has thousands of statements. */
const MAX_PARTS = 64;

/**
 * Reports spans by OpenTelemetry, OTLP over HTTP in JSON. Its own packages read the standard variables for headers, timeouts
 * and attributes of the service.
 */
export function openTracing({ endpoint, share, delay }: TracingSettings, { system, node }: Identity): Tracing {
  const service = resourceFromAttributes({
    'service.name': 'sppp-server',
    'service.namespace': system,
    ...(node === undefined ? {} : { 'service.instance.id': node }),
  });
  const provider = new TracerProvider({
    resource: service.merge(detectResources({ detectors: [envDetector] })),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [
      new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: endpoint }), scheduledDelayMillis: delay }),
    ],
  });
  const tracer = provider.getTracer('sppp-server');
  return {
    begin: (method, path, route, parent) => {
      const span = tracer.startSpan(
        `${method} ${route}`,
        {
          kind: SpanKind.SERVER,
          attributes: { 'http.request.method': method, 'url.path': path, 'http.route': route },
        },
        parent === undefined ? ROOT_CONTEXT : contextOf(parent),
      );
      const { traceId, spanId, traceFlags } = span.spanContext();
      const withinRequest = trace.setSpan(ROOT_CONTEXT, span);
      const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
      let parts = 0;
      return {
        traceId,
        spanId,
        sampled,
        begin: (part) => {
          parts += 1;
          if (!sampled || parts > MAX_PARTS) return () => undefined;
          const child = tracer.startSpan(part, {}, withinRequest);
          return () => child.end();
        },
        annotate: (attributes) => {
          span.setAttributes(attributes);
        },
        end: (status) => {
          span.setAttributes({ 'http.response.status_code': status, 'sppp.parts': parts });
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
          span.end();
        },
      } satisfies RequestSpan;
    },
    close: () => Promise.race([provider.shutdown(), sleep(FLUSH_TIMEOUT_MS, undefined, { ref: false })]),
  };
}

function contextOf({ traceId, parentId, flags }: TraceContext) {
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId: parentId, traceFlags, isRemote: true });
}
