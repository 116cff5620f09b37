import { readFileSync } from 'node:fs';
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, type LabelValues, Registry } from 'prom-client';
import type { AccountedRequest, RequestMetrics } from '../intake/accounts.js';

/** Seen from src/http and from dist/http alike. */
const PACKAGE = new URL('../../package.json', import.meta.url);

/** Registrars told apart by a label; what comes beyond is called `other`. */
const MAX_REGISTRARS = 1000;

/** What is asked for when somebody looks. */
export interface Watched {
  readonly bulkLimiter: { readonly running: number; readonly waiting: number };
  readonly load: { readonly groupCommitWaiting: number };
  readonly shared: { readonly waiting: number };
  readonly pool: { readonly totalCount: number; readonly idleCount: number; readonly waitingCount: number };
  readonly connections: () => Promise<number>;
}

/** What monitoring asks of this node (Prometheus text format). No label has values that clients choose. */
export class Metrics implements RequestMetrics {
  readonly #registry = new Registry();
  readonly #registrars = new Set<string>();
  readonly #requests = this.#counter('sppp_requests_total', 'Requests of registrars by code of the answer', [
    'operation',
    'mode',
    'code',
  ]);
  readonly #objects = this.#counter('sppp_objects_total', 'Objects and keys in requests, and what became of them', [
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
  readonly #refusals = this.#counter('sppp_refusals_total', 'Requests turned away, and those answered 2300', [
    'registrar',
    'status',
    'reason',
  ]);
  readonly #failedLogins = this.#counter('sppp_failed_logins_total', 'Wrong user names or passwords', []);
  readonly #brokenConnections = this.#counter('sppp_broken_connections_total', 'Connections cut before a request', [
    'reason',
  ]);
  readonly #keptBytes = this.#counter('sppp_kept_request_bytes_total', 'Bytes of requests kept, compressed', []);
  #loopDelay: IntervalHistogram | undefined;

  /** Counts a request of a registrar. */
  answered({ operation = 'none', mode, code, seconds, objects, keptBytes }: AccountedRequest): void {
    this.#requests.inc({ operation, mode, code: code ?? 'none' });
    this.#duration.observe({ operation, mode }, seconds);
    for (const { verb, noun, outcome, objects: count } of objects) this.#objects.inc({ verb, noun, outcome }, count);
    if (keptBytes > 0) this.#keptBytes.inc(keptBytes);
  }

  /** Counts a request that was turned away, or answered 2300; the registrar if it is known. */
  refused(status: number, reason: string, registrar = ''): void {
    const known = registrar === '' || this.#registrars.has(registrar) || this.#registrars.size < MAX_REGISTRARS;
    if (known && registrar !== '') this.#registrars.add(registrar);
    this.#refusals.inc({ registrar: known ? registrar : 'other', status, reason });
    if (reason === 'wrong') this.#failedLogins.inc();
  }

  /** Counts a connection that broke, or was cut, before it had sent a request that can be read. */
  brokenConnection(code: string): void {
    const reasons: Readonly<Record<string, string>> = {
      ERR_HTTP_REQUEST_TIMEOUT: 'timeout',
      HPE_HEADER_OVERFLOW: 'headers',
      ECONNRESET: 'reset',
    };
    this.#brokenConnections.inc({ reason: Object.hasOwn(reasons, code) ? (reasons[code] ?? '') : 'malformed' });
  }

  /** Adds what is asked for at the moment of looking, and begins to measure how long the event loop is held up. */
  watch({ bulkLimiter, load, pool, shared, connections }: Watched): void {
    const gauge = (name: string, help: string, value: () => number | Promise<number>) =>
      this.#gauge(name, help, [], async (set) => set({}, await value()));
    gauge('sppp_bulk_inside', 'Large requests under way', () => bulkLimiter.running);
    gauge('sppp_bulk_waiting', 'Large requests that wait for a place', () => bulkLimiter.waiting);
    gauge(
      'sppp_group_commit_waiting',
      'Requests of one number each that wait for a shared commit',
      () => load.groupCommitWaiting,
    );
    gauge(
      'sppp_database_waiting',
      'Requests that wait for a connection to the database',
      // Registrars wait for their turn, and the server itself in the pool.
      () => shared.waiting + pool.waitingCount,
    );
    gauge('sppp_http_connections', 'Connections of clients', connections);
    this.#gauge('sppp_database_connections', 'Connections to the database', ['state'], (set) => {
      set({ state: 'busy' }, pool.totalCount - pool.idleCount);
      set({ state: 'idle' }, pool.idleCount);
    });
    gauge('process_resident_memory_bytes', 'Memory of the process', () => process.memoryUsage.rss());
    gauge('process_start_time_seconds', 'When the process began', () => performance.timeOrigin / 1000);
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
      'How long the event loop was held up since the last look',
      ['quantile'],
      (set) => {
        for (const quantile of [0.5, 0.99, 1])
          set({ quantile }, Math.max(delay.percentile(quantile * 100) / 1e9 - 0.02, 0));
        delay.reset();
      },
    );
    const { version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { version: string };
    this.#gauge('sppp_build_info', 'Which version it is', ['version', 'node'], (set) =>
      set({ version, node: process.versions.node }, 1),
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** All of it as text. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  close(): void {
    this.#loopDelay?.disable();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[],
    collect: (set: (labels: LabelValues<Label>, value: number) => void) => void | Promise<void>,
  ): void {
    const gauge = new Gauge({
      name,
      help,
      labelNames,
      registers: [this.#registry],
      collect: () => collect((labels, value) => gauge.set(labels, value)),
    });
  }
}
