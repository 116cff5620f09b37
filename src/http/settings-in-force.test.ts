import { describe, expect, it } from 'vitest';
import { readConfig } from '../config.js';
import { Environment } from '../environment.js';
import { settingsInForce } from './settings-in-force.js';

/** Notes which settings are secrets. */
class Noting extends Environment {
  readonly secrets = new Set<string>();

  override secret(name: string): string | undefined {
    this.secrets.add(name);
    return super.secret(name);
  }
}

/** A value for each secret, found again by the word in it. */
const values: Readonly<Record<string, string>> = {
  DATABASE_URL: 'postgres://sppp:hunter2-database@db.example/sppp',
  SPPP_KEEP_REQUESTS_KEY: 'c0ffee'.repeat(11).slice(0, 64),
  SPPP_TLS_KEY_PASSPHRASE: 'hunter2-passphrase',
};
const addressWithPassword = 'https://tracer:hunter2-collector@collector.example/v1/traces';

describe('settingsInForce', () => {
  const environment = new Noting({
    ...values,
    SPPP_TLS_CERT: 'cert.pem',
    SPPP_TLS_KEY: 'key.pem',
    SPPP_COR_NUMBER_LENGTHS: '44=12',
    SPPP_TRUSTED_PROXIES: '192.0.2.0/24 198.51.100.7',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: addressWithPassword,
  });
  const settings = settingsInForce(readConfig(environment));
  const text = JSON.stringify(settings);

  it('has no secret value in it', () => {
    expect([...environment.secrets].sort(), 'a value for each secret above').toEqual(Object.keys(values).sort());
    expect(text).not.toMatch(/hunter2|c0ffee/);
  });

  it('says that a secret is set, or that it is not', () => {
    expect(settings).toMatchObject({ databaseUrl: '(secret)', keep: { key: '(secret)' } });
    expect(settingsInForce(readConfig({}))).toMatchObject({ databaseUrl: null, keep: { key: null }, tls: null });
  });

  it('has the values of all others, and null for those that are not set', () => {
    expect(settings).toMatchObject({
      port: 8080,
      publicUrl: null,
      trustedProxies: ['192.0.2.0/24', '198.51.100.7'],
      tls: { cert: 'cert.pem', key: 'key.pem', ca: null },
      cor: { plan: [{ prefix: '44', digits: 12 }] },
      rates: { requests: { count: 600_000, seconds: 60 } },
    });
  });
});
