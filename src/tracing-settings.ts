import { ConfigFault, type Environment } from './environment.js';
import { withoutTail } from './values/text.js';

export interface TracingSettings {
  /** Of the collector, for traces, by HTTP. */
  readonly endpoint: string;
  /** Of the traces that begin here, how many are reported, from 0 to 1. */
  readonly share: number;
  /** Milliseconds that spans are gathered for. */
  readonly delay: number;
}

/** By the variables that OpenTelemetry has for all programs. */
export function tracingSettings(environment: Environment): TracingSettings | undefined {
  const base = environment.text('OTEL_EXPORTER_OTLP_ENDPOINT');
  const name = environment.text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT')
    ? 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
    : 'OTEL_EXPORTER_OTLP_ENDPOINT';
  const endpoint =
    environment.text('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? (base && `${withoutTail(base, '/')}/v1/traces`);
  if (endpoint === undefined || environment.text('OTEL_SDK_DISABLED')?.toLowerCase() === 'true') return undefined;
  if (environment.text('OTEL_TRACES_EXPORTER') === 'none') return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    throw new ConfigFault(`${name}=${environment.text(name)}: an http or https URL`);
  }
  const protocol =
    environment.text('OTEL_EXPORTER_OTLP_TRACES_PROTOCOL') ??
    environment.text('OTEL_EXPORTER_OTLP_PROTOCOL') ??
    'http/json';
  if (protocol !== 'http/json') throw new ConfigFault(`OTEL_EXPORTER_OTLP_PROTOCOL=${protocol}: http/json`);
  const share = environment.text('OTEL_TRACES_SAMPLER_ARG') ?? '1';
  if (!/^(?:0(?:\.[0-9]{1,9})?|1(?:\.0*)?)$/.test(share)) {
    throw new ConfigFault(`OTEL_TRACES_SAMPLER_ARG=${share}: a share from 0 to 1`);
  }
  return { endpoint, share: Number(share), delay: environment.number('OTEL_BSP_SCHEDULE_DELAY', 5000, 1, 60_000) };
}
