import { carrier } from './carrier.js';
import { consoleTable } from './console.js';
import { cor } from './cor.js';
import { database } from './database.js';
import { enumTable } from './enum.js';
import { identity } from './identity.js';
import { limits } from './limits.js';
import { listening, tls } from './listening.js';
import { lookup } from './lookup.js';
import { log, metrics, tracing } from './monitoring.js';
import { oidc } from './oidc.js';
import { rates } from './rates.js';
import { archive, retention } from './retention.js';
import { type Setting, settingsIn } from './setting.js';
import { webhooks } from './webhooks.js';
import { workers } from './workers.js';

/** Every setting, by subject; `example.env` has them in this order. */
export const subjects: readonly { readonly title: string; readonly settings: readonly Setting<unknown>[] }[] = [
  { title: 'Database', settings: settingsIn(database) },
  { title: 'Listening', settings: settingsIn(listening) },
  { title: 'Processes', settings: settingsIn(workers) },
  { title: 'TLS', settings: settingsIn(tls) },
  { title: 'Identity', settings: settingsIn(identity) },
  { title: 'Limits', settings: settingsIn(limits) },
  { title: 'Rates', settings: settingsIn(rates) },
  { title: 'Look-ups', settings: settingsIn(lookup) },
  { title: 'Console', settings: [...settingsIn(consoleTable), ...settingsIn(oidc)] },
  { title: 'Retention', settings: [...settingsIn(archive), ...settingsIn(retention)] },
  { title: 'Carriers of record', settings: settingsIn(cor) },
  { title: 'Webhooks', settings: settingsIn(webhooks) },
  { title: 'Logs, metrics, traces', settings: [...settingsIn(log), ...settingsIn(metrics), ...settingsIn(tracing)] },
  { title: 'ENUM over DNS', settings: settingsIn(enumTable) },
  { title: 'Commands for carriers', settings: settingsIn(carrier) },
];

/** Every setting. */
export const allSettings: readonly Setting<unknown>[] = subjects.flatMap(({ settings }) => settings);

/** Names of all variables that settings are read from, files of secrets included. */
export const variableNames: ReadonlySet<string> = new Set(
  allSettings.flatMap(({ name, isSecret }) => (isSecret ? [name, `${name}_FILE`] : [name])),
);
