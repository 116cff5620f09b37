import { ConfigFault, Environment, type Rate } from './environment.js';
import { mayServeCleartext } from './http/cleartext.js';
import { isAddressRange } from './http/client-address.js';
import type { CorRules } from './model/cor-rules.js';
import { readDatabaseUrl } from './registry/connection/database-url.js';
import { type TracingSettings, tracingSettings } from './tracing-settings.js';
import { MAX_NUMBER_LENGTH } from './values/digits.js';
import { type NumberLength, NumberPlan } from './values/number-plan.js';
import { withoutTail } from './values/text.js';

/** The server's settings. All come from the environment; docs/limits.md lists them with their units. */
export interface Config {
  /** PostgreSQL to use; without it, the embedded one below dataDir. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly host: string;
  readonly port: number;
  /** What clients are told as our address, where it is not what they asked for. */
  readonly publicUrl: string | undefined;
  readonly logLevel: string;
  /** Whether Digest with MD5 is offered besides SHA-256, not at all, or alone. */
  readonly digestMd5: 'on' | 'off' | 'only';
  /** HTTPS; without it, HTTP. */
  readonly tls: TlsSettings | undefined;
  /** Addresses of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed, as in `192.0.2.0/24`. */
  readonly trustedProxies: readonly string[];
  readonly identity: Identity;
  readonly keep: ArchiveSettings;
  readonly cor: CorRules;
  /** Days that journal rows and counts of refusals are kept. */
  readonly keepJournalDays: number;
  /** Where monitoring may ask; undefined: nowhere. */
  readonly metrics: MetricsSettings | undefined;
  /** Where traces are reported; undefined: nowhere. */
  readonly tracing: TracingSettings | undefined;
  /** Days that a feed's cursor may be old. */
  readonly feedDays: number;
  readonly rates: Rates;
  readonly limits: Limits;
  readonly lookup: LookupSettings;
}

/** Files in PEM, which may be replaced while the server runs. */
export interface TlsSettings {
  readonly cert: string;
  readonly key: string;
  readonly keyPassphrase: string | undefined;
  /** Whose client certificates are believed. */
  readonly ca: string | undefined;
  readonly client: 'none' | 'optional' | 'required';
}

/** Whether and how requests are kept beside their journal rows. */
export interface ArchiveSettings {
  readonly isOn: boolean;
  readonly days: number;
  /** Of one request, compressed. */
  readonly maxBytes: number;
  /** In hex; without it they are not encrypted. */
  readonly key: string | undefined;
}

export interface MetricsSettings {
  readonly host: string;
  readonly port: number;
}

/** What the server tells of itself and of who runs it. */
export interface Identity {
  /** All nodes together, and this one. */
  readonly system: string;
  readonly node: string | undefined;
  readonly operator: string | undefined;
  readonly contact: string | undefined;
  readonly privacyPolicy: string | undefined;
}

/** What one registrar, and one address, may ask of one node (RFC 7877 §9.3). Undefined: as much as it likes. */
export interface Rates {
  readonly requests: Rate | undefined;
  readonly objects: Rate | undefined;
  /** Objects that were undone because one of their request failed. */
  readonly undone: Rate | undefined;
  readonly addressRequests: Rate | undefined;
  readonly addressObjects: Rate | undefined;
  /** Questions about health from one address. */
  readonly health: Rate | undefined;
}

export interface Limits {
  /** Objects and keys in one request. */
  readonly objects: number;
  /** Bytes of a request as sent, and after gunzip. */
  readonly wireBytes: number;
  readonly plainBytes: number;
  /** Characters of one extension. */
  readonly extension: number;
  /** Milliseconds that a client may take for its headers, and for a whole request. */
  readonly headersTimeout: number;
  readonly requestTimeout: number;
  /** Milliseconds that a client may let us wait for the next bytes of a body. */
  readonly stallTimeout: number;
  /** Bytes a second that a client takes of an answer, on average of stallTimeout. */
  readonly minRate: number;
  /** Milliseconds in which a client has to take a long answer. */
  readonly answerTimeout: number;
  /** Milliseconds that requests under way may take when the server is told to end. */
  readonly drainTimeout: number;
  /** Feeds that are pulled at once, each on a connection of its own, and milliseconds that one may take. */
  readonly feeds: number;
  readonly feedTimeout: number;
  /** Connections to the database. */
  readonly databaseConnections: number;
  /** Bytes of answers that wait to be read, of one registrar and of all. */
  readonly unread: { readonly perRegistrar: number; readonly inAll: number };
  /** Large requests under way in all and per registrar, and waiting. */
  readonly bulk: { readonly inAll: number; readonly perRegistrar: number; readonly waiting: number };
}

/** How look-ups use the database: connections, milliseconds that one may take, and bytes of answers that are kept. */
export interface LookupSettings {
  readonly connections: number;
  readonly timeout: number;
  /** Bytes of kept answers, and of what is kept of where numbers are. */
  readonly keep: { readonly answerBytes: number; readonly numberBytes: number };
}

/** Prefixes whose numbers' length can be told. */
const MAX_LENGTHS = 1000;

/** Bytes of kept answers that are worth keeping any. */
const MIN_KEPT = 1_000_000;

/** Reads the settings, or throws a ConfigFault. An empty variable counts as not set. All are asked for, needed or not. */
export function readConfig(variables: NodeJS.ProcessEnv | Environment): Config {
  const environment = variables instanceof Environment ? variables : new Environment(variables);
  const keep = {
    isOn: environment.oneOf('SPPP_KEEP_REQUESTS', ['on', 'off']) === 'on',
    days: environment.number('SPPP_KEEP_REQUESTS_DAYS', 90, 1, 36_500),
    maxBytes: environment.number('SPPP_KEEP_REQUESTS_BYTES', 16_777_216, 1024, 268_435_456),
    key: environment.secret('SPPP_KEEP_REQUESTS_KEY'),
  };
  if (keep.key !== undefined && !/^[0-9A-Fa-f]{64}$/.test(keep.key)) {
    throw new ConfigFault('SPPP_KEEP_REQUESTS_KEY: 64 hex digits, such as openssl rand -hex 32 makes'); // no value: a secret
  }
  const host = environment.text('SPPP_HOST') ?? '127.0.0.1';
  const tls = tlsSettings(environment);
  const cleartext = environment.oneOf('SPPP_CLEARTEXT', ['loopback', 'allow']);
  if (tls === undefined && !mayServeCleartext(host, cleartext === 'allow')) {
    throw new ConfigFault(
      `SPPP_HOST=${host}: HTTP without TLS leaves loopback only with SPPP_CLEARTEXT=allow, behind a TLS proxy`,
    );
  }
  const trustedProxies = (environment.text('SPPP_TRUSTED_PROXIES') ?? '')
    .split(/[ ,]+/)
    .filter((range) => range !== '');
  const strange = trustedProxies.find((range) => !isAddressRange(range));
  if (strange !== undefined) {
    throw new ConfigFault(`SPPP_TRUSTED_PROXIES=${strange}: addresses and ranges such as 192.0.2.0/24`);
  }
  const databaseUrl = environment.secret('DATABASE_URL');
  if (databaseUrl !== undefined) readDatabaseUrl(databaseUrl, environment.variables);
  const requestTimeout = environment.number('SPPP_REQUEST_TIMEOUT', 300_000, 100);
  return {
    databaseUrl,
    dataDir: environment.text('SPPP_DATA_DIR') ?? 'sppp-data',
    host,
    port: environment.number('SPPP_PORT', 8080, 0, 65535),
    publicUrl: publicUrlSetting(environment),
    logLevel: environment.oneOf('SPPP_LOG_LEVEL', ['info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent']),
    digestMd5: environment.oneOf('SPPP_DIGEST_MD5', ['on', 'off', 'only']),
    tls,
    trustedProxies,
    identity: {
      system: environment.id('SPPP_SYSTEM_ID') ?? 'sppp-server',
      node: environment.id('SPPP_NODE_ID'),
      operator: environment.text('SPPP_OPERATOR'),
      contact: environment.text('SPPP_CONTACT'),
      privacyPolicy: environment.text('SPPP_PRIVACY_POLICY'),
    },
    keep,
    cor: {
      policy: environment.oneOf('SPPP_COR_POLICY', ['firstClaim', 'deny', 'hold']),
      refuted: environment.oneOf('SPPP_COR_REFUTED', ['keep', 'refuse']),
      former: environment.oneOf('SPPP_COR_FORMER', ['demote', 'remove', 'hold']),
      holdDays: environment.number('SPPP_COR_HOLD_DAYS', 30, 1, 36_500),
      firstClaimNumbers: environment.number('SPPP_COR_FIRST_CLAIM_NUMBERS', 10_000, 1, 10 ** 15),
      plan: new NumberPlan(numberLengths(environment)),
    },
    keepJournalDays: environment.number('SPPP_KEEP_JOURNAL_DAYS', 3650, 1, 36_500),
    metrics: metricsSettings(environment),
    tracing: tracingSettings(environment),
    feedDays: environment.number('SPPP_FEED_DAYS', 30, 1, 36_500),
    // Above what a node does anyhow: fences against runaways, for the operator to draw closer.
    rates: {
      requests: environment.rate('SPPP_RATE_REQUESTS', '600000/60'),
      objects: environment.rate('SPPP_RATE_OBJECTS', '60000000/60'),
      undone: environment.rate('SPPP_RATE_UNDONE', '6000000/60'),
      addressRequests: environment.rate('SPPP_RATE_ADDRESS_REQUESTS', '600000/60'),
      addressObjects: environment.rate('SPPP_RATE_ADDRESS_OBJECTS', '60000000/60'),
      health: environment.rate('SPPP_RATE_HEALTH', '6000/60'),
    },
    limits: {
      objects: environment.number('SPPP_MAX_OBJECTS', 100_000, 1),
      wireBytes: environment.number('SPPP_MAX_BODY_BYTES', 67_108_864, 1024),
      plainBytes: environment.number('SPPP_MAX_INFLATED_BYTES', 268_435_456, 1024),
      extension: environment.number('SPPP_MAX_EXTENSION', 16_384, 0),
      headersTimeout: environment.number('SPPP_HEADERS_TIMEOUT', Math.min(10_000, requestTimeout), 100, requestTimeout),
      requestTimeout,
      stallTimeout: environment.number('SPPP_STALL_TIMEOUT', 30_000, 100),
      minRate: environment.number('SPPP_LEAST_RATE', 32_768, 0, 1_000_000_000),
      answerTimeout: environment.number('SPPP_ANSWER_TIMEOUT', 1_800_000, 100),
      drainTimeout: environment.number('SPPP_DRAIN_TIMEOUT', 30_000, 0),
      feeds: environment.number('SPPP_FEEDS', 2, 1, 1000),
      feedTimeout: environment.number('SPPP_FEED_TIMEOUT', 3_600_000, 100),
      databaseConnections: environment.number('SPPP_DATABASE_CONNECTIONS', 12, 6, 1000),
      unread: {
        perRegistrar: environment.number('SPPP_UNREAD_PER_REGISTRAR', 33_554_432, 0),
        inAll: environment.number('SPPP_UNREAD_IN_ALL', 134_217_728, 0),
      },
      bulk: {
        inAll: environment.number('SPPP_BULK_IN_ALL', 4, 1),
        perRegistrar: environment.number('SPPP_BULK_PER_REGISTRAR', 2, 1),
        waiting: environment.number('SPPP_BULK_WAITING', 64, 0),
      },
    },
    lookup: {
      connections: environment.number('SPPP_LOOKUP_CONNECTIONS', 4, 4, 1000),
      timeout: environment.number('SPPP_LOOKUP_TIMEOUT', 1000, 10, 3_600_000),
      keep: {
        answerBytes: keptAnswers(environment),
        numberBytes: environment.number('SPPP_LOOKUP_KEEP_NUMBERS', 100_000_000, 0, 10_000_000_000),
      },
    },
  };
}

/** `1=11 44=12`: numbers that begin with 1 have 11 digits, with 44 12. */
function numberLengths(environment: Environment): NumberLength[] {
  const value = environment.text('SPPP_COR_NUMBER_LENGTHS') ?? '';
  const refuse = (rule: string): never => {
    throw new ConfigFault(`SPPP_COR_NUMBER_LENGTHS=${value}: ${rule}`);
  };
  const lengths = new Map<string, number>();
  for (const text of value.split(/[ ,]+/).filter((each) => each !== '')) {
    const [, prefix = '', length = ''] = /^([0-9]{1,15})=([0-9]{1,2})$/.exec(text) ?? [];
    const digits = Number(length);
    if (prefix === '' || digits < prefix.length || digits > MAX_NUMBER_LENGTH) {
      refuse(`prefix=digits such as 44=12, up to ${MAX_NUMBER_LENGTH} digits, not ${text}`);
    }
    if (lengths.has(prefix)) refuse(`${prefix} once`);
    lengths.set(prefix, digits);
  }
  if (lengths.size > MAX_LENGTHS) refuse(`at most ${MAX_LENGTHS} prefixes`);
  return [...lengths].map(([prefix, digits]) => ({ prefix, digits }));
}

/** A number of records, as it was once, would be very few bytes. */
function keptAnswers(environment: Environment): number {
  const bytes = environment.number('SPPP_LOOKUP_KEEP', 50_000_000, 0, 10_000_000_000);
  if (bytes > 0 && bytes < MIN_KEPT) {
    throw new ConfigFault(`SPPP_LOOKUP_KEEP=${bytes}: 0, or a number of bytes from ${MIN_KEPT}`);
  }
  return bytes;
}

/** Without the slash that it may end in: paths of resources are joined to it. */
function publicUrlSetting(environment: Environment): string | undefined {
  const text = environment.text('SPPP_PUBLIC_URL');
  if (text === undefined) return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = /^https?:\/\/[^\s?#\\]+$/i.test(text) && url?.username === '' && url.password === '';
  if (!isPlain) throw new ConfigFault(`SPPP_PUBLIC_URL=${text}: an http or https URL without user, query and fragment`);
  return withoutTail(text, '/');
}

function metricsSettings(environment: Environment): MetricsSettings | undefined {
  const host = environment.text('SPPP_METRICS_HOST') ?? '127.0.0.1';
  if (environment.text('SPPP_METRICS_PORT') === undefined) return undefined;
  return { host, port: environment.number('SPPP_METRICS_PORT', 0, 0, 65535) };
}

function tlsSettings(environment: Environment): TlsSettings | undefined {
  const client = environment.oneOf('SPPP_TLS_CLIENT', ['none', 'optional', 'required']);
  const [cert, key, ca] = [
    environment.text('SPPP_TLS_CERT'),
    environment.text('SPPP_TLS_KEY'),
    environment.text('SPPP_TLS_CA'),
  ];
  const keyPassphrase = environment.secret('SPPP_TLS_KEY_PASSPHRASE');
  if (cert === undefined || key === undefined) {
    if (cert !== undefined) throw new ConfigFault(`SPPP_TLS_CERT=${cert}: together with SPPP_TLS_KEY`);
    if (key !== undefined) throw new ConfigFault(`SPPP_TLS_KEY=${key}: together with SPPP_TLS_CERT`);
    if (client === 'none') return undefined;
    throw new ConfigFault(`SPPP_TLS_CLIENT=${client}: together with SPPP_TLS_CERT and SPPP_TLS_KEY`);
  }
  if (client !== 'none' && ca === undefined)
    throw new ConfigFault(`SPPP_TLS_CLIENT=${client}: together with SPPP_TLS_CA`);
  return { cert, key, keyPassphrase, ca, client };
}
