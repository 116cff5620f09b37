import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OperatorError } from '../operator-error.js';
import { readEnumSettings } from './settings.js';

const secret = Buffer.alloc(32, 1).toString('base64');
const fault = (environment: NodeJS.ProcessEnv) => {
  try {
    return readEnumSettings(environment);
  } catch (error) {
    if (error instanceof OperatorError) return error.message;
    throw error;
  }
};

describe('without any setting', () => {
  it('answers for e164.arpa on loopback, knows no client, and every limit is finite', () => {
    expect(readEnumSettings({})).toEqual({
      listeners: [{ asker: undefined, address: '127.0.0.1', port: 5300 }],
      apexes: [{ name: 'e164.arpa', labels: ['e164', 'arpa'], isRouting: false }],
      clients: [],
      keys: [],
      nameServers: [hostname().toLowerCase()],
      contact: undefined,
      ttl: 300,
      negativeTtl: 60,
      udpBytes: 1232,
      tcpConnections: 256,
      tcpIdle: 10_000,
      waiting: 4096,
    });
  });

  it('an empty variable counts as not set', () => {
    const names = ['LISTEN', 'APEXES', 'CLIENTS', 'KEYS', 'KEYS_FILE', 'NAME_SERVERS', 'CONTACT', 'TTL', 'UDP_BYTES'];
    expect(readEnumSettings(Object.fromEntries(names.map((name) => [`SPPP_ENUM_${name}`, ''])))).toEqual(
      readEnumSettings({}),
    );
  });
});

describe('a setting that is given', () => {
  it('is in force', () => {
    expect(
      readEnumSettings({
        SPPP_ENUM_LISTEN: 'iana-en:1=192.0.2.1:53, [2001:db8::1]:53\n0.0.0.0:5300',
        SPPP_ENUM_APEXES: 'E164.ARPA. rn=rn.example',
        SPPP_ENUM_CLIENTS: 'iana-en:1=192.0.2.0/24 iana-en:2=2001:db8::/32 iana-en:3=192.0.2.7',
        SPPP_ENUM_KEYS: `iana-en:1=hmac-sha256:Peer-1.:${secret}`,
        SPPP_ENUM_NAME_SERVERS: 'ns1.example. ns2.example',
        SPPP_ENUM_CONTACT: 'dns.example',
        SPPP_ENUM_TTL: '0',
        SPPP_ENUM_NEGATIVE_TTL: '0',
        SPPP_ENUM_UDP_BYTES: '512',
        SPPP_ENUM_TCP_CONNECTIONS: '1',
        SPPP_ENUM_TCP_IDLE: '100',
        SPPP_ENUM_WAITING: '1',
      }),
    ).toEqual({
      listeners: [
        { asker: 'iana-en:1', address: '192.0.2.1', port: 53 },
        { asker: undefined, address: '2001:db8::1', port: 53 },
        { asker: undefined, address: '0.0.0.0', port: 5300 },
      ],
      apexes: [
        { name: 'e164.arpa', labels: ['e164', 'arpa'], isRouting: false },
        { name: 'rn.example', labels: ['rn', 'example'], isRouting: true },
      ],
      clients: [
        { asker: 'iana-en:1', address: '192.0.2.0', prefix: 24, family: 'ipv4' },
        { asker: 'iana-en:2', address: '2001:db8::', prefix: 32, family: 'ipv6' },
        { asker: 'iana-en:3', address: '192.0.2.7', prefix: 32, family: 'ipv4' },
      ],
      keys: [{ asker: 'iana-en:1', algorithm: 'hmac-sha256', name: 'peer-1', secret: Buffer.alloc(32, 1) }],
      nameServers: ['ns1.example', 'ns2.example'],
      contact: 'dns.example',
      ttl: 0,
      negativeTtl: 0,
      udpBytes: 512,
      tcpConnections: 1,
      tcpIdle: 100,
      waiting: 1,
    });
  });

  it('may hold its keys in a file, one a line', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sppp-enum-keys-'));
    try {
      const file = join(folder, 'keys');
      writeFileSync(file, `iana-en:1=hmac-sha256:a:${secret}\niana-en:2=hmac-sha512:b:${secret}\n`);
      expect(readEnumSettings({ SPPP_ENUM_KEYS_FILE: file }).keys.map(({ name }) => name)).toEqual(['a', 'b']);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    ['SPPP_ENUM_LISTEN', 'localhost:53', '[asker=]address:port'],
    ['SPPP_ENUM_LISTEN', '127.0.0.1', '[asker=]address:port'],
    ['SPPP_ENUM_LISTEN', '127.0.0.1:65536', '[asker=]address:port'],
    ['SPPP_ENUM_LISTEN', '::1:53', '[asker=]address:port'],
    ['SPPP_ENUM_APEXES', '..', 'a domain name, or rn= and one'],
    ['SPPP_ENUM_APEXES', 'a..b', 'a domain name, or rn= and one'],
    ['SPPP_ENUM_APEXES', 'é.example', 'a domain name, or rn= and one'],
    ['SPPP_ENUM_CLIENTS', '192.0.2.0/24', 'asker=address, or asker=192.0.2.0/24'],
    ['SPPP_ENUM_CLIENTS', 'iana-en:1=192.0.2.0/33', 'asker=address, or asker=192.0.2.0/24'],
    ['SPPP_ENUM_CLIENTS', 'iana-en:1=192.0.2.0/', 'asker=address, or asker=192.0.2.0/24'],
    ['SPPP_ENUM_NAME_SERVERS', `${'a'.repeat(64)}.example`, 'domain names'],
    ['SPPP_ENUM_TTL', '-1', 'a whole number from 0 to 2147483647'],
    ['SPPP_ENUM_UDP_BYTES', '511', 'a whole number from 512 to 65000'],
    ['SPPP_ENUM_WAITING', '0', 'a whole number from 1 to 1000000'],
  ])('%s=%s is refused', (name, value, rule) => {
    expect(fault({ [name]: value })).toBe(`${name}=${value}: ${rule}`);
  });

  it.each([
    `hmac-sha256:a:${secret}`,
    `iana-en:1=hmac-md5:a:${secret}`,
    'iana-en:1=hmac-sha256:a:AAAA',
    `iana-en:1=hmac-sha256::${secret}`,
    `iana-en:1=hmac-sha256:a:${secret}:more`,
  ])('a malformed key is refused without being shown: %s', (key) => {
    expect(fault({ SPPP_ENUM_KEYS: `iana-en:9=hmac-sha256:z:${secret} ${key}` })).toBe(
      'SPPP_ENUM_KEYS: key 2 is not asker=algorithm:name:secret in base64',
    );
  });

  it('two keys of one name, or keys in both variables, are refused', () => {
    const key = `iana-en:1=hmac-sha256:a:${secret}`;
    expect(fault({ SPPP_ENUM_KEYS: `${key} ${key}` })).toBe('SPPP_ENUM_KEYS: key a comes twice');
    expect(fault({ SPPP_ENUM_KEYS: key, SPPP_ENUM_KEYS_FILE: '/f' })).toMatch(/^SPPP_ENUM_KEYS_FILE=\/f: not together/);
    expect(fault({ SPPP_ENUM_KEYS_FILE: '/not/there' })).toMatch(/^SPPP_ENUM_KEYS_FILE=\/not\/there: ENOENT/);
  });
});
