import type { Environment } from './environment.js';
import { tracing } from './settings/monitoring.js';
import { readSettings, refuse } from './settings/setting.js';
import { withoutTail } from './values/text.js';

/** Where and how traces are exported. */
export interface TracingSettings {
  /** URL of the collector, for traces over HTTP. */
  readonly endpoint: string;
  /** Share of the traces begun here that are exported, from 0 to 1. */
  readonly share: number;
  /** Milliseconds that spans are collected before they are exported. */
  readonly delay: number;
}

/** Reads the variables that OpenTelemetry defines for all programs; undefined: no traces. Throws an OperatorError. */
export function tracingSettings(environment: Environment): TracingSettings | undefined {
  const { delay, ...texts } = tracing;
  const set = readSettings(environment, texts);
  const endpoint = set.tracesEndpoint ?? (set.endpoint && `${withoutTail(set.endpoint, '/')}/v1/traces`);
  if (endpoint === undefined || set.disabled?.toLowerCase() === 'true' || set.exporter === 'none') return undefined;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
    const [setting, value] =
      set.tracesEndpoint === undefined
        ? ([tracing.endpoint, set.endpoint] as const)
        : ([tracing.tracesEndpoint, set.tracesEndpoint] as const);
    throw refuse(setting, value ?? '');
  }
  const protocol = set.tracesProtocol ?? set.protocol;
  if (protocol !== tracing.protocol.default) throw refuse(tracing.protocol, protocol);
  if (!/^(?:0(?:\.[0-9]{1,9})?|1(?:\.0*)?)$/.test(set.share)) throw refuse(tracing.share, set.share);
  return { endpoint, share: Number(set.share), delay: delay.read(environment) };
}
