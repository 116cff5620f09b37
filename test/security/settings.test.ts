/** Settings for access: their meaning, and the refusal of an invalid one with name, value and rule. */

import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';

describe('without any setting', () => {
  it('TLS is off, no proxy is trusted, and every rate is finite', () => {
    const config = readConfig({});
    expect(config.tls).toBeUndefined();
    expect(config.trustedProxies).toEqual([]);
    expect(config.identity).toEqual({ system: 'sppp-server' });
    for (const rate of Object.values(config.rates)) {
      const { count, seconds } = rate ?? { count: 0, seconds: 1 };
      expect(count / seconds).toBeGreaterThan(0);
      expect(Number.isSafeInteger(count)).toBe(true);
    }
    expect(Object.keys(config.rates)).toHaveLength(6);
  });
});

describe('a setting that is given', () => {
  it('is in force', () => {
    const config = readConfig({
      SPPP_HOST: '0.0.0.0',
      SPPP_TLS_CERT: '/c.pem',
      SPPP_TLS_KEY: '/k.pem',
      SPPP_TLS_CA: '/a.pem',
      SPPP_TLS_CLIENT: 'optional',
      SPPP_TLS_KEY_PASSPHRASE: 'x',
      SPPP_TRUSTED_PROXIES: '192.0.2.0/24, 2001:db8::1',
      SPPP_RATE_REQUESTS: '600/60',
      SPPP_RATE_OBJECTS: 'off',
      SPPP_NODE_ID: 'n1',
    });
    expect(config.tls).toEqual({ cert: '/c.pem', key: '/k.pem', ca: '/a.pem', client: 'optional', keyPassphrase: 'x' });
    expect(config.trustedProxies).toEqual(['192.0.2.0/24', '2001:db8::1']);
    expect(config.rates).toMatchObject({ requests: { count: 600, seconds: 60 }, objects: undefined });
    expect(config.identity.node).toBe('n1');
  });
});

describe('an invalid setting is refused', () => {
  const pair = { SPPP_TLS_CERT: '/c.pem', SPPP_TLS_KEY: '/k.pem' };
  it.each<[Record<string, string>, string]>([
    [{ SPPP_TLS_CERT: '/c.pem' }, 'SPPP_TLS_CERT=/c.pem: together with SPPP_TLS_KEY'],
    [{ SPPP_TLS_KEY: '/k.pem' }, 'SPPP_TLS_KEY=/k.pem: together with SPPP_TLS_CERT'],
    [{ SPPP_TLS_CLIENT: 'required' }, 'SPPP_TLS_CLIENT=required: together with SPPP_TLS_CERT and SPPP_TLS_KEY'],
    [{ ...pair, SPPP_TLS_CLIENT: 'optional' }, 'SPPP_TLS_CLIENT=optional: together with SPPP_TLS_CA'],
    [{ ...pair, SPPP_TLS_CLIENT: 'yes' }, 'SPPP_TLS_CLIENT=yes: one of none, optional, required'],
    [
      { SPPP_TRUSTED_PROXIES: '192.0.2.1, proxy' },
      'SPPP_TRUSTED_PROXIES=proxy: addresses and ranges such as 192.0.2.0/24',
    ],
    [{ SPPP_TRUSTED_PROXIES: '0.0.0.0/33' }, 'SPPP_TRUSTED_PROXIES=0.0.0.0/33: addresses and ranges'],
    ...['0/60', '60', '60/0', '-1/60', '1.5/60', '60/', '/60', 'on', '600/60/1', '6e2/60'].map(
      (rate): [Record<string, string>, string] => [
        { SPPP_RATE_REQUESTS: rate },
        `SPPP_RATE_REQUESTS=${rate}: count/seconds, such as 600/60, or off`,
      ],
    ),
    [{ SPPP_SYSTEM_ID: 'a b' }, 'SPPP_SYSTEM_ID=a b: up to 64 letters'],
    [{ SPPP_NODE_ID: 'n;transaction=x' }, 'SPPP_NODE_ID=n;transaction=x: up to 64 letters'],
    [{ SPPP_NODE_ID: 'x'.repeat(65) }, 'up to 64 letters'],
  ])('%o', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});
