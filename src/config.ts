import { isIP } from 'node:net';
import { consoleSettings } from './console-settings.js';
import { Environment } from './environment.js';
import { checkCleartext } from './http/cleartext.js';
import { isAddressRange } from './http/client-address.js';
import type { CorRules } from './model/cor-rules.js';
import { OperatorError } from './operator-error.js';
import { readDatabaseUrl } from './registry/connection/database-url.js';
import { type ConsoleSettings, consoleTable } from './settings/console.js';
import { cor as corTable } from './settings/cor.js';
import { database } from './settings/database.js';
import { type Identity, identity } from './settings/identity.js';
import { type SettingInForce, settingsInForce } from './settings/in-force.js';
import { type Limits, limits } from './settings/limits.js';
import { listening, type TlsSettings, tls as tlsTable } from './settings/listening.js';
import { type LookupSettings, lookup } from './settings/lookup.js';
import { log, type MetricsSettings, metrics } from './settings/monitoring.js';
import { type Rates, rates } from './settings/rates.js';
import { type ArchiveSettings, archive, retention } from './settings/retention.js';
import { readSettings, refuse, type Setting, type ValuesOf, wordsOf } from './settings/setting.js';
import { type WebhookSettings, webhooks } from './settings/webhooks.js';
import { workers } from './settings/workers.js';
import { type TracingSettings, tracingSettings } from './tracing-settings.js';
import { MAX_NUMBER_LENGTH } from './values/digits.js';
import { type NumberLength, NumberPlan } from './values/number-plan.js';
import { withoutTail } from './values/text.js';

export type { ArchiveSettings, Identity, Limits, LookupSettings, MetricsSettings, Rates, TlsSettings };

/** The settings of the server and of commands, read from the environment by the tables in `settings/`. */
export interface Config extends Pick<ValuesOf<typeof listening>, 'host' | 'port' | 'digestMd5'> {
  /** All settings of the server as they were read, without secrets: for operators. */
  readonly settings: readonly SettingInForce[];
  /** PostgreSQL to use; undefined: the embedded one in dataDir. */
  readonly databaseUrl: string | undefined;
  /** Where look-ups are answered from; undefined: from the registry's database. */
  readonly lookupDatabaseUrl: string | undefined;
  readonly dataDir: string;
  /** Processes that serve. */
  readonly workers: number;
  /** The least that commits of the server wait for. */
  readonly leastSynchronousCommit: ValuesOf<typeof database>['leastSynchronousCommit'];
  /** URL of the server as clients know it; undefined: the URL of each request. */
  readonly publicUrl: string | undefined;
  readonly trustedProxies: readonly string[];
  readonly logLevel: ValuesOf<typeof log>['level'];
  /** HTTPS; undefined: HTTP. */
  readonly tls: TlsSettings | undefined;
  readonly identity: Identity;
  readonly archive: ArchiveSettings;
  readonly cor: CorRules;
  /** Days that journal rows and counts of refusals stay. */
  readonly keepJournalDays: number;
  /** The port for monitoring; undefined: none. */
  readonly metrics: MetricsSettings | undefined;
  /** Export of traces; undefined: none. */
  readonly tracing: TracingSettings | undefined;
  /** Days that a feed's cursor may be old. */
  readonly feedDays: number;
  /** Days that events are kept. */
  readonly eventDays: number;
  /** The console; undefined: there is none. */
  readonly console: ConsoleSettings | undefined;
  readonly rates: Rates;
  readonly limits: Limits;
  readonly lookup: LookupSettings;
  readonly webhooks: WebhookSettings;
}

/** Entries of SPPP_COR_NUMBER_LENGTHS. */
const MAX_LENGTHS = 1000;

/** Reads all settings of the server and of commands. Throws an OperatorError for the first that breaks a rule. */
export function readConfig(variables: NodeJS.ProcessEnv | Environment): Config {
  const environment = variables instanceof Environment ? variables : new Environment(variables);
  const { requests, ...archived } = readSettings(environment, archive);
  const { journalDays, feedDays, eventDays } = readSettings(environment, retention);
  const { host, port, digestMd5, ...listener } = readSettings(environment, listening);
  const tls = tlsSettings(environment);
  const mayLeaveLoopback = tls !== undefined || listener.cleartext === 'allow';
  checkCleartext(listening.host.name, host, mayLeaveLoopback);
  const publicUrl = publicUrlOf(listening.publicUrl, environment);
  const consoleUrl = publicUrlOf(consoleTable.publicUrl, environment) ?? publicUrl;
  const badRange = listener.trustedProxies.find((range) => !isAddressRange(range));
  if (badRange !== undefined) throw refuse(listening.trustedProxies, badRange);
  const databaseUrl = database.url.read(environment);
  if (databaseUrl !== undefined) readDatabaseUrl(databaseUrl, environment.variables);
  const lookupDatabaseUrl = database.lookupUrl.read(environment);
  if (lookupDatabaseUrl !== undefined) readDatabaseUrl(lookupDatabaseUrl, environment.variables, 'lookups');
  return {
    settings: settingsInForce(environment.variables, 'serve'),
    databaseUrl,
    lookupDatabaseUrl,
    dataDir: database.dataDir.read(environment),
    workers: workers.workers.read(environment),
    leastSynchronousCommit: database.leastSynchronousCommit.read(environment),
    host,
    port,
    publicUrl,
    logLevel: log.level.read(environment),
    digestMd5,
    tls,
    trustedProxies: listener.trustedProxies,
    identity: readSettings(environment, identity),
    archive: { isOn: requests === 'on', ...archived },
    cor: corRules(environment),
    keepJournalDays: journalDays,
    metrics: metricsSettings(environment),
    tracing: tracingSettings(environment),
    feedDays,
    eventDays,
    console: consoleSettings(environment, { publicUrl: consoleUrl, mayLeaveLoopback }),
    rates: readSettings(environment, rates),
    limits: readSettings(environment, limits),
    lookup: readSettings(environment, lookup),
    webhooks: webhookSettings(environment),
  };
}

function webhookSettings(environment: Environment): WebhookSettings {
  const settings = readSettings(environment, webhooks);
  const badRange = settings.networks.find((range) => !isAddressRange(range));
  if (badRange !== undefined) throw refuse(webhooks.networks, badRange);
  const badServer = settings.nameServers.find((server) => !isNameServer(server));
  if (badServer !== undefined) throw refuse(webhooks.nameServers, badServer);
  return settings;
}

/** An address, which may have a port: `192.0.2.53:5353`, `[2001:db8::53]:5353`. */
function isNameServer(text: string): boolean {
  const [, bracketed, plain] = /^(?:\[([^\]]+)\]|([^:]+)):[0-9]{1,5}$/.exec(text) ?? [];
  return isIP(bracketed ?? plain ?? text) !== 0;
}

function corRules(environment: Environment): CorRules {
  const { numberLengths: lengths, ...rules } = readSettings(environment, corTable);
  return { ...rules, plan: new NumberPlan(numberLengths(lengths ?? '')) };
}

/** `1=11 44=12`: numbers that begin with 1 have 11 digits, those with 44 have 12. */
function numberLengths(value: string): NumberLength[] {
  const { name, rule } = corTable.numberLengths;
  const lengths = new Map<string, number>();
  for (const word of wordsOf(value)) {
    const [, prefix = '', length = ''] = /^([0-9]{1,15})=([0-9]{1,2})$/.exec(word) ?? [];
    const digits = Number(length);
    if (prefix === '' || digits < prefix.length || digits > MAX_NUMBER_LENGTH) {
      throw new OperatorError(`${name}=${value}: ${rule}, up to ${MAX_NUMBER_LENGTH} digits, not ${word}`);
    }
    if (lengths.has(prefix)) throw new OperatorError(`${name}=${value}: ${prefix} once`);
    lengths.set(prefix, digits);
  }
  if (lengths.size > MAX_LENGTHS) throw new OperatorError(`${name}=${value}: at most ${MAX_LENGTHS} prefixes`);
  return [...lengths].map(([prefix, digits]) => ({ prefix, digits }));
}

/** Without the slash at the end: paths of resources are appended to it. */
function publicUrlOf(setting: Setting<string | undefined>, environment: Environment): string | undefined {
  const value = setting.read(environment);
  if (value === undefined) return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  const isPlain = /^https?:\/\/[^\s?#\\]+$/i.test(value) && url?.username === '' && url.password === '';
  if (!isPlain) throw refuse(setting, value);
  return withoutTail(value, '/');
}

function metricsSettings(environment: Environment): MetricsSettings | undefined {
  const { host, port } = readSettings(environment, metrics);
  return port === undefined ? undefined : { host, port };
}

function tlsSettings(environment: Environment): TlsSettings | undefined {
  const { cert, key, ...others } = readSettings(environment, tlsTable);
  const { client, ca } = others;
  if (cert === undefined || key === undefined) {
    if (cert !== undefined) throw new OperatorError(`SPPP_TLS_CERT=${cert}: together with SPPP_TLS_KEY`);
    if (key !== undefined) throw new OperatorError(`SPPP_TLS_KEY=${key}: together with SPPP_TLS_CERT`);
    if (client === 'none') return undefined;
    throw new OperatorError(`SPPP_TLS_CLIENT=${client}: together with SPPP_TLS_CERT and SPPP_TLS_KEY`);
  }
  if (client !== 'none' && ca === undefined)
    throw new OperatorError(`SPPP_TLS_CLIENT=${client}: together with SPPP_TLS_CA`);
  return { cert, key, ...others };
}
