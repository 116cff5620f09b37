import { mayServeCleartext } from './http/cleartext.js';

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
  /** Whether Digest with MD5 is offered besides SHA-256. */
  readonly digestMd5: boolean;
  readonly limits: Limits;
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
  /** Connections to the database. */
  readonly databaseConnections: number;
  /** Large requests under way in all and per registrar, and waiting. */
  readonly bulk: { readonly inAll: number; readonly perRegistrar: number; readonly waiting: number };
}

/** A setting that cannot be used; says which, its value and the rule. */
export class ConfigFault extends Error {
  override readonly name = 'ConfigFault';
}

/** Reads the settings, or throws a ConfigFault. An empty variable counts as not set. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const text = (name: string): string | undefined => environment[name] || undefined;
  const number = (name: string, ifAbsent: number, least: number, most = Number.MAX_SAFE_INTEGER): number => {
    const value = text(name) ?? String(ifAbsent);
    const fits = /^[0-9]{1,16}$/.test(value) && Number(value) >= least && Number(value) <= most;
    if (!fits) throw new ConfigFault(`${name}=${value}: a whole number from ${least} to ${most}`);
    return Number(value);
  };
  const oneOf = <T extends string>(name: string, values: readonly [T, ...T[]]): T => {
    const value = text(name) ?? values[0];
    const known = values.find((each) => each === value);
    if (known === undefined) throw new ConfigFault(`${name}=${value}: one of ${values.join(', ')}`);
    return known;
  };
  const host = text('SPPP_HOST') ?? '127.0.0.1';
  const cleartext = oneOf('SPPP_CLEARTEXT', ['loopback', 'allow']);
  if (!mayServeCleartext(host, cleartext === 'allow')) {
    throw new ConfigFault(
      `SPPP_HOST=${host}: HTTP without TLS leaves loopback only with SPPP_CLEARTEXT=allow, behind a TLS proxy`,
    );
  }
  const publicUrl = text('SPPP_PUBLIC_URL');
  if (publicUrl !== undefined && !/^https?:\/\//.test(publicUrl)) {
    throw new ConfigFault(`SPPP_PUBLIC_URL=${publicUrl}: an http or https URL`);
  }
  return {
    databaseUrl: text('DATABASE_URL'),
    dataDir: text('SPPP_DATA_DIR') ?? 'sppp-data',
    host,
    port: number('SPPP_PORT', 8080, 0, 65535),
    publicUrl,
    logLevel: oneOf('SPPP_LOG_LEVEL', ['info', 'fatal', 'error', 'warn', 'debug', 'trace', 'silent']),
    digestMd5: oneOf('SPPP_DIGEST_MD5', ['on', 'off']) === 'on',
    limits: {
      objects: number('SPPP_MAX_OBJECTS', 100_000, 1),
      wireBytes: number('SPPP_MAX_BODY_BYTES', 67_108_864, 1024),
      plainBytes: number('SPPP_MAX_INFLATED_BYTES', 268_435_456, 1024),
      extension: number('SPPP_MAX_EXTENSION', 16_384, 0),
      headersTimeout: number('SPPP_HEADERS_TIMEOUT', 10_000, 100),
      requestTimeout: number('SPPP_REQUEST_TIMEOUT', 300_000, 100),
      stallTimeout: number('SPPP_STALL_TIMEOUT', 30_000, 100),
      databaseConnections: number('SPPP_DATABASE_CONNECTIONS', 12, 6, 1000),
      bulk: {
        inAll: number('SPPP_BULK_IN_ALL', 4, 1),
        perRegistrar: number('SPPP_BULK_PER_REGISTRAR', 2, 1),
        waiting: number('SPPP_BULK_WAITING', 64, 0),
      },
    },
  };
}
