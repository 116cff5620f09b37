import type { Config } from '../config.js';
import type { EnumSettings } from '../enum/settings.js';
import { LEAST_DATABASE_CONNECTIONS } from '../settings/limits.js';
import { LEAST_LOOKUP_CONNECTIONS } from '../settings/lookup.js';

/**
 * The settings of one worker. Limits in settings are those of the node; each worker has its part of what takes connections,
 * memory or processor time, rounded up, and at least what a process needs.
 */
export function configOfWorker(config: Config): Config {
  const { workers, limits, lookup } = config;
  const part = partOf(workers);
  const unreadInAll = part(limits.unread.inAll);
  return {
    ...config,
    limits: {
      ...limits,
      databaseConnections: part(limits.databaseConnections, LEAST_DATABASE_CONNECTIONS),
      feeds: part(limits.feeds),
      bulk: {
        inAll: part(limits.bulk.inAll),
        perRegistrar: part(limits.bulk.perRegistrar),
        waiting: part(limits.bulk.waiting, 0),
      },
      // A registrar with one connection has one worker: its answers may take there what they may take in all.
      unread: { inAll: unreadInAll, perRegistrar: Math.min(limits.unread.perRegistrar, unreadInAll) },
    },
    lookup: {
      ...lookup,
      connections: part(lookup.connections, LEAST_LOOKUP_CONNECTIONS),
      caches: {
        answerBytes: part(lookup.caches.answerBytes, 0),
        numberBytes: part(lookup.caches.numberBytes, 0),
      },
    },
  };
}

/** The same for `sppp enum`. */
export function enumSettingsOfWorker(settings: EnumSettings, workers: number): EnumSettings {
  const part = partOf(workers);
  return { ...settings, tcpConnections: part(settings.tcpConnections), waiting: part(settings.waiting) };
}

/** The connections that all workers need together, and how messages name the settings that say so. */
export function forWorkers(
  workers: number,
  ofOne: number,
  settings: string,
): { readonly needed: number; readonly named: string } {
  if (workers === 1) return { needed: ofOne, named: settings };
  return { needed: workers * ofOne, named: `SPPP_WORKERS=${workers} with ${settings} each` };
}

const partOf =
  (workers: number) =>
  (value: number, least = 1): number =>
    Math.max(Math.ceil(value / workers), least);
