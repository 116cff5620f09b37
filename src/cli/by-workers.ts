import type { Logger } from 'pino';
import type { Config } from '../config.js';
import { checkConnections } from '../deps.js';
import type { EnumSettings } from '../enum/settings.js';
import { urlOf } from '../http/listening-port.js';
import { MergedMetrics } from '../http/merged-metrics.js';
import type { MetricValues } from '../http/metrics.js';
import { listenForMetrics, type MetricsListener } from '../http/metrics-listener.js';
import type { Server } from '../listener.js';
import { connect, connectionTo } from '../registry/connection/connect.js';
import type { Assignment } from '../workers/messages.js';
import { Workers } from '../workers/primary.js';
import { configOfWorker } from '../workers/shares.js';
import { announcementOf, announceServer } from './announce-server.js';
import { announceEnum, reachEnumDatabase } from './answer-enum.js';
import { openLog } from './log.js';
import { printLine } from './output.js';
import { openRegistry, reachLookupDatabase } from './registry.js';
import { lookupAnnouncement, lookupDatabaseOf } from './serve-lookups.js';
import { stopped } from './stopped.js';

/**
 * The primary of a node with SPPP_WORKERS: opens the database and the ports, prints, listens for metrics, and keeps the workers
 * until SIGINT or SIGTERM. It answers no requests itself.
 */

interface Options {
  readonly json?: boolean;
}

type Urls = Pick<Assignment, 'databaseUrl' | 'lookupDatabaseUrl'>;

const program = new URL('./worker.js', import.meta.url);

/** `sppp serve` with workers. */
export async function serveByWorkers(config: Config, { json = false }: Options): Promise<void> {
  const stop = stopped();
  const log = openLog(config);
  const registry = await openRegistry(config, { mayMake: true });
  try {
    if (registry.isNew && !json) printLine(`new     a new, empty registry: there was none in ${registry.location}`);
    const lookupDatabaseUrl = await reachLookupDatabase(configOfWorker(config));
    const client = await connect(connectionTo(registry.url), 'sppp start');
    await checkConnections(configOfWorker(config), client, lookupDatabaseUrl).finally(() => client.end());
    await keepServing(
      config,
      'serve',
      { databaseUrl: registry.url, lookupDatabaseUrl },
      log,
      stop,
      ({ url, ...others }) =>
        announceServer(
          announcementOf(registry),
          { isNew: registry.isNew, ...others, workers: config.workers, ready: `${url}/sppp` },
          json,
        ),
    );
  } finally {
    await registry.close();
  }
}

/** `sppp serve --lookups-only` with workers. */
export async function serveLookupsByWorkers(config: Config, { json = false }: Options): Promise<void> {
  const stop = stopped();
  const log = openLog(config);
  const databaseUrl = await lookupDatabaseOf(configOfWorker(config));
  await keepServing(
    config,
    'lookups',
    { databaseUrl, lookupDatabaseUrl: databaseUrl },
    log,
    stop,
    ({ url, metricsUrl }) =>
      announceServer(
        lookupAnnouncement,
        { isNew: false, metricsUrl, workers: config.workers, ready: `${url}/lookup` },
        json,
      ),
  );
}

/** `sppp enum` with workers. */
export async function answerEnumByWorkers(config: Config, settings: EnumSettings, options: Options): Promise<void> {
  const stop = stopped();
  const log = openLog(config);
  const { urls, close } = await reachEnumDatabase(configOfWorker(config));
  try {
    const workers = await Workers.start({
      ...{ command: 'enum', ...urls, workers: config.workers, program, log, drainTimeout: 0 },
      listen: settings.listeners.map(({ address, port }) => ({ host: address, port })),
    });
    try {
      announceEnum(settings, workers.addresses, { ...options, workers: config.workers });
      await stop;
    } finally {
      await workers.close();
    }
  } finally {
    await close();
  }
}

async function keepServing(
  config: Config,
  command: 'serve' | 'lookups',
  urls: Urls,
  log: Logger,
  stop: Promise<void>,
  announce: (urls: Pick<Server, 'url' | 'consoleUrl' | 'metricsUrl'>) => void,
): Promise<void> {
  const { host, port, tls, limits } = config;
  const ofConsole = command === 'serve' ? config.console?.listen : undefined;
  const workers = await Workers.start({
    ...{ command, ...urls, workers: config.workers, program, log, drainTimeout: limits.drainTimeout },
    listen: [{ host, port }, ...(ofConsole === undefined ? [] : [ofConsole])],
  });
  const reload = () => workers.signal('SIGHUP');
  if (tls !== undefined) process.on('SIGHUP', reload);
  let monitored: MetricsListener | undefined;
  try {
    monitored = config.metrics && (await listenForMetrics(config.metrics, metricsOf(workers)));
    const [url = '', consoleUrl] = workers.addresses.map((each) => urlOf(tls === undefined ? 'http' : 'https', each));
    announce({ url, consoleUrl, metricsUrl: monitored?.url });
    await stop;
  } finally {
    await workers.close();
    process.off('SIGHUP', reload);
    await monitored?.close();
  }
}

function metricsOf(workers: Workers): MergedMetrics {
  return new MergedMetrics({
    get serving() {
      return workers.serving;
    },
    get replaced() {
      return workers.replaced;
    },
    metrics: async () => {
      const answers = await workers.ask('metrics');
      return answers.map(({ worker, answer }) => [worker, answer as MetricValues | undefined] as const);
    },
  });
}
