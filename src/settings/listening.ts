import { choice, optionalText, secret, text, type ValuesOf, wholeNumber, words } from './setting.js';

/** The addresses and names of the server, and the login of its clients. */
export const listening = {
  host: text({
    name: 'SPPP_HOST',
    default: '127.0.0.1',
    meaning: 'Address or host name that the server listens on',
    usedBy: ['serve', 'demo'],
  }),
  port: wholeNumber({
    name: 'SPPP_PORT',
    default: 8080,
    min: 0,
    max: 65_535,
    meaning: 'Port that the server listens on; 0: a free port',
    usedBy: ['serve', 'demo'],
  }),
  cleartext: choice({
    name: 'SPPP_CLEARTEXT',
    values: ['loopback', 'allow'],
    meaning: '`loopback`: HTTP without TLS on loopback addresses only; `allow`: on any address, behind a TLS proxy',
    usedBy: ['serve', 'demo'],
  }),
  publicUrl: optionalText({
    name: 'SPPP_PUBLIC_URL',
    rule: 'an http or https URL without user, query and fragment',
    meaning:
      'URL of the server in the WSDL, if it differs from the one that clients send. A proxy may keep or strip its path',
    usedBy: ['serve', 'demo'],
  }),
  digestMd5: choice({
    name: 'SPPP_DIGEST_MD5',
    values: ['on', 'off', 'only'],
    meaning:
      'HTTP Digest with MD5: `on`: offered beside SHA-256; `off`: not offered; `only`: offered alone, for clients that fail on two challenges',
    usedBy: ['serve', 'demo'],
  }),
  trustedProxies: words({
    name: 'SPPP_TRUSTED_PROXIES',
    rule: 'addresses and ranges such as 192.0.2.0/24',
    meaning: 'Addresses and ranges of proxies whose `X-Forwarded-For` and `X-Forwarded-Proto` headers are trusted',
    usedBy: ['serve', 'demo'],
  }),
} as const;

/** TLS of the server's port. */
export const tls = {
  cert: optionalText({
    name: 'SPPP_TLS_CERT',
    meaning:
      'PEM file with the certificate chain. With it and `SPPP_TLS_KEY` the server speaks HTTPS only; a changed file is read again',
    usedBy: ['serve', 'demo'],
  }),
  key: optionalText({
    name: 'SPPP_TLS_KEY',
    meaning: 'PEM file with the private key of the certificate',
    usedBy: ['serve', 'demo'],
  }),
  keyPassphrase: secret({
    name: 'SPPP_TLS_KEY_PASSPHRASE',
    meaning: 'Passphrase of the private key, if it is encrypted',
    usedBy: ['serve', 'demo'],
  }),
  ca: optionalText({
    name: 'SPPP_TLS_CA',
    meaning: 'PEM file with the certificate authorities that issue client certificates',
    usedBy: ['serve', 'demo'],
  }),
  client: choice({
    name: 'SPPP_TLS_CLIENT',
    values: ['none', 'optional', 'required'],
    meaning:
      'Client certificates: `none`: not asked for; `optional`: checked if the client has one; `required`: no connection without one',
    usedBy: ['serve', 'demo'],
  }),
} as const;

/** Files in PEM, which may be replaced while the server runs. */
export interface TlsSettings extends ValuesOf<Omit<typeof tls, 'cert' | 'key'>> {
  readonly cert: string;
  readonly key: string;
}
