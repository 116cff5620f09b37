import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import {
  type Aggregator,
  Counter,
  collectDefaultMetrics,
  Gauge,
  Histogram,
  type LabelValues,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import type { AccountedRequest, RequestMetrics } from '../intake/accounts.js';
import type { Lookups } from '../lookup/lookups.js';
import { ownPackage } from '../own-package.js';
import { dataAgeNow } from './data-age-now.js';

/** Registrars that have a label of their own; further ones are counted as `other`. */
const MAX_REGISTRARS = 1000;

/** Metrics of one process as values, each with how those of several processes are merged. */
export type MetricValues = MetricObjectWithValues<MetricValue<string>>[];

/** Parts of any server whose state is read at each scrape. */
export interface WatchedListener {
  readonly pool: { readonly totalCount: number; readonly idleCount: number };
  readonly connections: () => number;
  readonly lookups: Pick<Lookups, 'isWarm' | 'counts' | 'dataAge' | 'checkAge'>;
}

/** Parts of a server that takes requests. */
export interface Watched extends WatchedListener {
  readonly bulkLimiter: { readonly running: number; readonly waiting: number };
  readonly load: { readonly groupCommitWaiting: number };
  readonly shared: { readonly waiting: number };
  readonly eventReaders: { readonly count: number };
  readonly pool: WatchedListener['pool'] & { readonly waitingCount: number };
}

/** Metrics of this node, in the Prometheus text format. No label has values that clients choose. */
export class Metrics implements RequestMetrics {
  readonly #registry = new Registry();
  readonly #registrars = new Set<string>();
  readonly #requests = this.#counter('sppp_requests_total', 'Requests of registrars by code of the answer', [
    'operation',
    'mode',
    'code',
  ]);
  readonly #objects = this.#counter('sppp_objects_total', 'Objects and keys in requests, by outcome', [
    'verb',
    'noun',
    'outcome',
  ]);
  readonly #duration = new Histogram({
    name: 'sppp_request_duration_seconds',
    help: 'From the headers of a request to its answer',
    labelNames: ['operation', 'mode'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [this.#registry],
  });
  readonly #refusals = this.#counter('sppp_refusals_total', 'Requests refused, and those answered 2300', [
    'registrar',
    'status',
    'reason',
  ]);
  readonly #failedLogins = this.#counter('sppp_failed_logins_total', 'Wrong user names or passwords', []);
  readonly #brokenConnections = this.#counter(
    'sppp_broken_connections_total',
    'Connections that ended before a request',
    ['reason'],
  );
  readonly #keptBytes = this.#counter('sppp_kept_request_bytes_total', 'Bytes of requests kept, compressed', []);
  #loopDelay: IntervalHistogram | undefined;

  /** Counts a request of a registrar. */
  answered({ operation = 'none', mode, code, seconds, objects, keptBytes }: AccountedRequest): void {
    this.#requests.inc({ operation, mode, code: code ?? 'none' });
    this.#duration.observe({ operation, mode }, seconds);
    for (const { verb, noun, outcome, objects: count } of objects) this.#objects.inc({ verb, noun, outcome }, count);
    if (keptBytes > 0) this.#keptBytes.inc(keptBytes);
  }

  /** Counts a request that was refused or answered 2300, for the registrar if it is known. */
  refused(status: number, reason: string, registrar = ''): void {
    const known = registrar === '' || this.#registrars.has(registrar) || this.#registrars.size < MAX_REGISTRARS;
    if (known && registrar !== '') this.#registrars.add(registrar);
    this.#refusals.inc({ registrar: known ? registrar : 'other', status, reason });
    if (reason === 'wrong') this.#failedLogins.inc();
  }

  /** Counts a connection that ended before a request could be read from it. */
  brokenConnection(code: string): void {
    const reasons: Readonly<Record<string, string>> = {
      ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
      HPE_HEADER_OVERFLOW: 'headers',
      ECONNRESET: 'reset',
    };
    this.#brokenConnections.inc({ reason: Object.hasOwn(reasons, code) ? (reasons[code] ?? '') : 'malformed' });
  }

  /** Adds the gauges that are read at each scrape, and begins to measure the delay of the event loop. */
  watch(watched: Watched): void {
    const { bulkLimiter, load, pool, shared, eventReaders } = watched;
    const gauge = this.#valueGauge.bind(this);
    gauge('sppp_bulk_running', 'Large requests under way', () => bulkLimiter.running);
    gauge('sppp_bulk_waiting', 'Large requests that wait for others to end', () => bulkLimiter.waiting);
    gauge(
      'sppp_group_commit_waiting',
      'Requests of one number each that wait for a shared commit',
      () => load.groupCommitWaiting,
    );
    gauge(
      'sppp_database_waiting',
      'Requests that wait for a connection to the database',
      // Registrars wait in the shared pool, the server itself in the pool below it.
      () => shared.waiting + pool.waitingCount,
    );
    gauge('sppp_event_readers', 'Readers that wait for an event', () => eventReaders.count);
    this.watchListener(watched);
  }

  /** The same for a server that answers look-ups alone. */
  watchListener({ pool, connections, lookups }: WatchedListener): void {
    const gauge = this.#valueGauge.bind(this);
    gauge('sppp_http_connections', 'Connections of clients', connections);
    this.#countedElsewhere('sppp_lookups_total', 'Look-ups', () => lookups.counts.questions);
    this.#countedElsewhere(
      'sppp_lookup_statements_total',
      'Statements that look-ups shared',
      () => lookups.counts.statements,
    );
    gauge(
      'sppp_lookups_warm',
      'Whether look-ups have all numbers in memory, or as many as they may',
      () => Number(lookups.isWarm),
      'min',
    );
    gauge(
      'sppp_lookup_data_age_seconds',
      'How much older the data of look-ups may be than those of the primary; NaN if nobody knows',
      async () => (await dataAgeNow(lookups)) ?? Number.NaN,
      'max',
    );
    this.#gauge('sppp_database_connections', 'Connections to the database', ['state'], (set) => {
      set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      set({ state: 'idle' }, pool.idleCount);
    });
    this.#addDefaults();
    this.#gauge('process_cpu_seconds', 'Processor time since the start', ['kind'], (set) => {
      const { user, system } = process.cpuUsage();
      set({ kind: 'user' }, user / 1e6);
      set({ kind: 'system' }, system / 1e6);
    });
    const delay = monitorEventLoopDelay({ resolution: 20 });
    delay.enable();
    this.#loopDelay = delay;
    this.#gauge(
      'sppp_event_loop_delay_seconds',
      'Delay of the event loop since the last scrape',
      ['quantile'],
      (set) => {
        for (const quantile of [0.5, 0.99, 1])
          set({ quantile }, Math.max(delay.percentile(quantile * 100) / 1e9 - 0.02, 0));
        delay.reset();
      },
      'max',
    );
    const { version } = ownPackage();
    this.#gauge(
      'sppp_build_info',
      'Versions of the server and of Node',
      ['version', 'node'],
      (set) => set({ version, node: process.versions.node }, 1),
      'first',
    );
  }

  /** Metrics that the library has for every process, except those whose series depend on chance, or that ours replace. */
  #addDefaults(): void {
    collectDefaultMetrics({ register: this.#registry });
    for (const { name } of this.#registry.getMetricsAsArray()) {
      if (isLeftOut(name)) this.#registry.removeSingleMetric(name);
    }
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All metrics as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  /** All metrics as values, to be merged with those of other workers. */
  values(): Promise<MetricValues> {
    return this.#registry.getMetricsAsJSON();
  }

  close(): void {
    this.#loopDelay?.disable();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  /** A counter whose value is read at each scrape. */
  #countedElsewhere(name: string, help: string, value: () => number): void {
    const counter = new Counter({
      name,
      help,
      registers: [this.#registry],
      collect: () => {
        counter.reset();
        counter.inc(value());
      },
    });
  }

  #valueGauge(name: string, help: string, value: () => number | Promise<number>, aggregator?: Aggregator): void {
    this.#gauge(name, help, [], async (set) => set({}, await value()), aggregator);
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    collect: (set: (labels: LabelValues<Label>, value: number) => void) => void | Promise<void>,
    aggregator: Aggregator = 'sum',
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      aggregator,
      registers: [this.#registry],
      collect: () => collect((labels, value) => gauge.set(labels, value)),
    });
  }
}

/** Whether a metric that the library has for every process has series that depend on chance, or is replaced by ours. */
export function isLeftOut(name: string): boolean {
  return /^nodejs_(?:gc|eventloop)_/.test(name);
}
