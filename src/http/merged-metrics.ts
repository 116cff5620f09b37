import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import { isLeftOut, type MetricValues } from './metrics.js';

/** The workers of a node, for metrics. */
export interface WatchedWorkers {
  readonly serving: number;
  readonly replaced: number;
  /** The metrics of the workers that serve, each by a key of its own; undefined for one that does not answer. */
  metrics(): Promise<readonly (readonly [worker: object, metrics: MetricValues | undefined])[]>;
}

/**
 * Metrics of a node with workers: those of all processes added up, and those of the primary. Counts never go down: those of a
 * worker that has ended stay as they were last seen.
 */
export class MergedMetrics {
  readonly contentType = Registry.PROMETHEUS_CONTENT_TYPE;
  readonly #workers: WatchedWorkers;
  readonly #own = new Registry();
  /** What each worker that serves has said last. */
  readonly #last = new Map<object, MetricValues>();
  /** Counts of the workers that have ended. */
  #ended: MetricValues = [];
  #turn: Promise<unknown> = Promise.resolve();

  constructor(workers: WatchedWorkers) {
    this.#workers = workers;
    const registers = [this.#own];
    collectDefaultMetrics({ register: this.#own });
    // The library leaves it out where it merges: the node started when its primary did.
    const started = this.#own.getSingleMetric('process_start_time_seconds');
    if (started !== undefined) Object.assign(started, { aggregator: 'first' });
    new Gauge({
      ...{ name: 'sppp_workers', help: 'Workers that serve', registers },
      collect() {
        this.set(workers.serving);
      },
    });
    new Counter({
      ...{ name: 'sppp_workers_replaced_total', help: 'Workers that were started in place of others', registers },
      collect() {
        this.reset();
        this.inc(workers.replaced);
      },
    });
  }

  /** All metrics as text. */
  text(): Promise<string> {
    const text = this.#turn.then(() => this.#merge());
    this.#turn = text.catch(() => undefined);
    return text;
  }

  async #merge(): Promise<string> {
    const told = new Map(await this.#workers.metrics());
    for (const [worker, metrics] of told) if (metrics !== undefined) this.#last.set(worker, metrics);
    for (const [worker, metrics] of this.#last) {
      if (told.has(worker)) continue;
      this.#last.delete(worker);
      this.#ended = countsOf(await merged([this.#ended, metrics]).getMetricsAsJSON());
    }
    // The primary's first: of values that are not added up, that is the one of the node.
    return merged([ownOf(await this.#own.getMetricsAsJSON()), this.#ended, ...this.#last.values()]).metrics();
  }
}

function merged(processes: readonly MetricValues[]): Registry {
  return AggregatorRegistry.aggregate([...processes]);
}

/** Without gauges: what has ended holds nothing any more. */
function countsOf(metrics: MetricValues): MetricValues {
  return metrics.filter(({ type }) => String(type) === 'counter' || String(type) === 'histogram');
}

/** Metrics of every process that `Metrics` has, too. */
function ownOf(metrics: MetricValues): MetricValues {
  return metrics.filter(({ name }) => !isLeftOut(name));
}
