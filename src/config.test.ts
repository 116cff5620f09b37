import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.js';
import { OperatorError } from './operator-error.js';
import { allSettings, variableNames } from './settings/table.js';
import { spanOfPrefix } from './values/number-span.js';

const fault = (environment: NodeJS.ProcessEnv) => {
  try {
    return readConfig(environment);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
};

describe('without any setting', () => {
  it('serves on loopback with the embedded database, Digest with MD5 too, and every limit finite', () => {
    const config = readConfig({});
    expect(config).toMatchObject({
      databaseUrl: undefined,
      dataDir: 'sppp-data',
      host: '127.0.0.1',
      port: 8080,
      publicUrl: undefined,
      logLevel: 'info',
      digestMd5: 'on',
      metrics: undefined,
      tracing: undefined,
      keepJournalDays: 3650,
    });
    expect(config.limits).toMatchObject({
      objects: 100_000,
      wireBytes: 67_108_864,
      plainBytes: 268_435_456,
      extension: 16_384,
      headersTimeout: 10_000,
      requestTimeout: 300_000,
      drainTimeout: 30_000,
    });
    const limits = Object.values(config.limits).flatMap((limit) =>
      typeof limit === 'object' ? Object.values(limit) : limit,
    );
    for (const limit of limits) expect(Number.isSafeInteger(limit)).toBe(true);
  });

  it('headers may take no longer than the whole request', () => {
    expect(readConfig({ SPPP_REQUEST_TIMEOUT: '200' }).limits.headersTimeout).toBe(200);
  });

  it('an empty variable counts as not set', () => {
    const empty = Object.fromEntries([...variableNames].map((name) => [name, '']));
    expect(Object.keys(empty).length).toBeGreaterThan(12);
    expect(readConfig(empty)).toEqual(readConfig({}));
  });

  it('variables of other programs do not count', () => {
    expect(readConfig({ PORT: '1', HOST: '0.0.0.0', PGHOST: 'db', sppp_port: '2' })).toEqual(readConfig({}));
  });
});

describe('a setting that is given', () => {
  it('is in force', () => {
    expect(
      readConfig({
        DATABASE_URL: 'postgresql://u:p@db/sppp',
        SPPP_DATA_DIR: '/var/lib/sppp',
        SPPP_HOST: '::1',
        SPPP_PORT: '0',
        SPPP_PUBLIC_URL: 'https://sppp.example.com/x',
        SPPP_LOG_LEVEL: 'debug',
        SPPP_DIGEST_MD5: 'off',
        SPPP_MAX_OBJECTS: '5',
        SPPP_MAX_BODY_BYTES: '2048',
        SPPP_MAX_INFLATED_BYTES: '4096',
        SPPP_MAX_EXTENSION: '0',
        SPPP_HEADERS_TIMEOUT: '100',
        SPPP_REQUEST_TIMEOUT: '200',
        SPPP_DATABASE_CONNECTIONS: '20',
        SPPP_METRICS_PORT: '9464',
        SPPP_METRICS_HOST: '::1',
        SPPP_KEEP_JOURNAL_DAYS: '400',
      }),
    ).toMatchObject({
      databaseUrl: 'postgresql://u:p@db/sppp',
      dataDir: '/var/lib/sppp',
      host: '::1',
      port: 0,
      publicUrl: 'https://sppp.example.com/x',
      logLevel: 'debug',
      digestMd5: 'off',
      metrics: { host: '::1', port: 9464 },
      keepJournalDays: 400,
      limits: {
        objects: 5,
        wireBytes: 2048,
        plainBytes: 4096,
        extension: 0,
        headersTimeout: 100,
        requestTimeout: 200,
        databaseConnections: 20,
      },
    });
  });
});

describe('a bad setting is refused, by name, value and rule', () => {
  it.each([
    ['SPPP_PORT', '65536', 'a whole number from 0 to 65535'],
    ['SPPP_PORT', '-1', 'a whole number'],
    ['SPPP_METRICS_PORT', '65536', 'a whole number from 0 to 65535'],
    ['SPPP_KEEP_JOURNAL_DAYS', '0', 'a whole number from 1 to 36500'],
    ['SPPP_PORT', '80.5', 'a whole number'],
    ['SPPP_PORT', '8e3', 'a whole number'],
    ['SPPP_PORT', '0x50', 'a whole number'],
    ['SPPP_PORT', ' 80', 'a whole number'],
    ['SPPP_PORT', '８０', 'a whole number'],
    ['SPPP_MAX_OBJECTS', '0', 'a whole number from 1'],
    ['SPPP_LOOKUP_KEEP', '50000', '0, or a number of bytes from 1000000'],
    ['SPPP_COR_FIRST_CLAIM_NUMBERS', '0', 'a whole number from 1'],
    ['SPPP_COR_NUMBER_LENGTHS', '44', 'prefix=digits such as 44=12'],
    ['SPPP_COR_NUMBER_LENGTHS', '44=1', 'prefix=digits such as 44=12'],
    ['SPPP_COR_NUMBER_LENGTHS', '1=11,44=21', 'up to 20 digits, not 44=21'],
    ['SPPP_COR_NUMBER_LENGTHS', '1=11,1=10', '1 once'],
    ['SPPP_MAX_OBJECTS', 'Infinity', 'a whole number'],
    ['SPPP_MAX_OBJECTS', '9007199254740993', 'a whole number'],
    ['SPPP_MAX_BODY_BYTES', '1023', 'from 1024'],
    ['SPPP_MAX_INFLATED_BYTES', '64MB', 'from 1024'],
    ['SPPP_MAX_EXTENSION', 'none', 'from 0'],
    ['SPPP_HEADERS_TIMEOUT', '0', 'from 100'],
    ['SPPP_HEADERS_TIMEOUT', '300001', 'from 100 to 300000'],
    ['SPPP_REQUEST_TIMEOUT', '99', 'from 100'],
    ['SPPP_DATABASE_CONNECTIONS', '1', 'a whole number from'],
    ['SPPP_DATABASE_CONNECTIONS', '1001', 'to 1000'],
    ['SPPP_LOG_LEVEL', 'INFO', 'one of info, fatal, error'],
    ['SPPP_DIGEST_MD5', 'no', 'one of on, off, only'],
    ['SPPP_CLEARTEXT', 'yes', 'one of loopback, allow'],
    ...[
      'sppp.example.com',
      'javascript://x',
      'https://',
      'https://a b',
      'https://a?x',
      'https://a/#x',
      'https://u:p@a',
    ].map((url): [string, string, string] => [
      'SPPP_PUBLIC_URL',
      url,
      'an http or https URL without user, query and fragment',
    ]),
  ])('%s=%s', (name, value, rule) => {
    expect(fault({ [name]: value })).toBe(`${name}=${value}: ${String(fault({ [name]: value })).split(': ')[1]}`);
    expect(fault({ [name]: value })).toContain(rule);
  });
});

describe('HTTP without TLS', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('is served on %s', (host) => {
    expect(fault({ SPPP_HOST: host })).toMatchObject({ host });
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'sppp.example.com', 'localhost.example.com', '::ffff:192.0.2.1'])(
    'is served on %s only with SPPP_CLEARTEXT=allow',
    (host) => {
      expect(fault({ SPPP_HOST: host })).toMatch(/^SPPP_HOST=.*SPPP_CLEARTEXT=allow/);
      expect(fault({ SPPP_HOST: host, SPPP_CLEARTEXT: 'loopback' })).toMatch(/SPPP_CLEARTEXT=allow/);
      expect(fault({ SPPP_HOST: host, SPPP_CLEARTEXT: 'allow' })).toMatchObject({ host });
    },
  );
});

it('claims to be carrier of record are settled as the settings say', () => {
  expect(readConfig({}).cor).toMatchObject({
    ...{ policy: 'firstClaim', refuted: 'keep', former: 'demote', holdDays: 30 },
    firstClaimNumbers: 10_000,
  });
  const settings = {
    SPPP_COR_POLICY: 'hold',
    SPPP_COR_REFUTED: 'refuse',
    SPPP_COR_FORMER: 'remove',
    SPPP_COR_HOLD_DAYS: '7',
    SPPP_COR_FIRST_CLAIM_NUMBERS: '1000000000000000',
    SPPP_COR_NUMBER_LENGTHS: ' 1=11, 44=12',
  };
  const { plan, ...rules } = readConfig(settings).cor;
  expect(rules).toEqual({
    policy: 'hold',
    refuted: 'refuse',
    former: 'remove',
    holdDays: 7,
    firstClaimNumbers: 10 ** 15,
  });
  expect(['1202555010', '4420', '7'].map((prefix) => plan.count(spanOfPrefix(prefix)))).toEqual([
    10n,
    10n ** 8n,
    10n ** 14n,
  ]);
  expect(() => readConfig({ SPPP_COR_POLICY: 'never' })).toThrow(
    'SPPP_COR_POLICY=never: one of firstClaim, deny, hold',
  );
  expect(() => readConfig({ SPPP_COR_HOLD_DAYS: '0' })).toThrow('SPPP_COR_HOLD_DAYS=0: a whole number from 1 to 36500');
});

it('docs/limits.md names every limit that can be set, with its default', () => {
  const page = readFileSync(new URL('../docs/limits.md', import.meta.url), 'utf8').replace(/ +/g, ' ');
  const set = allSettings.filter(({ name, isNumber }) => isNumber && /^SPPP_(?!.*PORT$)/.test(name));
  expect(set.length).toBeGreaterThan(6);
  for (const { name, default: ifAbsent } of set) {
    const row = page.split('\n').find((line) => line.includes(`| \`${name}\` |`));
    expect(row, name).toContain(`| ${Number(ifAbsent).toLocaleString('en')} |`);
  }
});
