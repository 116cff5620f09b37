import { choice, optionalText, optionalWholeNumber, text, type ValuesOf, wholeNumber } from './setting.js';

const serve = ['serve', 'demo'] as const;

export const log = {
  level: choice({
    name: 'SPPP_LOG_LEVEL',
    values: ['info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent'],
    meaning: 'Lowest severity of log lines, which are JSON on standard error',
    usedBy: ['serve', 'enum', 'demo'],
  }),
} as const;

/** The port for monitoring. */
export const metrics = {
  host: text({
    name: 'SPPP_METRICS_HOST',
    default: '127.0.0.1',
    meaning: 'Address that the port for metrics listens on',
    usedBy: serve,
  }),
  port: optionalWholeNumber({
    name: 'SPPP_METRICS_PORT',
    min: 0,
    max: 65_535,
    defaultNote: 'off',
    meaning: 'Port that answers `GET /metrics` in the Prometheus text format; 0: a free port',
    usedBy: serve,
  }),
} as const;

/** Where and how metrics are offered. */
export interface MetricsSettings extends ValuesOf<Omit<typeof metrics, 'port'>> {
  readonly port: number;
}

/** Variables that OpenTelemetry defines for all programs. */
export const tracing = {
  endpoint: optionalText({
    name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    rule: 'an http or https URL',
    meaning: 'URL of the collector that gets traces, without `/v1/traces`; without it, there are no traces',
    usedBy: serve,
  }),
  tracesEndpoint: optionalText({
    name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    rule: 'an http or https URL',
    meaning: 'URL of the collector that gets traces, as it is; before `OTEL_EXPORTER_OTLP_ENDPOINT`',
    usedBy: serve,
  }),
  protocol: text({
    name: 'OTEL_EXPORTER_OTLP_PROTOCOL',
    default: 'http/json',
    rule: 'http/json',
    meaning: 'Protocol of the collector; only `http/json` is supported',
    usedBy: serve,
  }),
  tracesProtocol: optionalText({
    name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL',
    rule: 'http/json',
    meaning: 'The same, for traces alone',
    usedBy: serve,
  }),
  share: text({
    name: 'OTEL_TRACES_SAMPLER_ARG',
    default: '1',
    rule: 'a share from 0 to 1',
    meaning: "Share of the traces begun here that are exported; for others the client's decision holds",
    usedBy: serve,
  }),
  delay: wholeNumber({
    name: 'OTEL_BSP_SCHEDULE_DELAY',
    default: 5000,
    min: 1,
    max: 60_000,
    unit: 'ms',
    meaning: 'Time that spans are collected before they are exported',
    usedBy: serve,
  }),
  disabled: optionalText({
    name: 'OTEL_SDK_DISABLED',
    meaning: '`true`: no traces',
    usedBy: serve,
  }),
  exporter: optionalText({
    name: 'OTEL_TRACES_EXPORTER',
    meaning: '`none`: no traces',
    usedBy: serve,
  }),
} as const;
