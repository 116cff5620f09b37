import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

/** X.509 certificates for tests, made as needed: DER by hand, since Node reads certificates but makes none. */

export interface Issued {
  /** The certificate, in PEM. */
  readonly cert: string;
  /** The key to it, in PEM. */
  readonly key: string;
  readonly issuer: Issuer;
}

interface Issuer {
  readonly subject: Buffer;
  readonly privateKey: KeyObject;
}

export interface Wanted {
  /** Attributes of the subject in the order of the certificate; a list within is one part of several values. */
  readonly subject: readonly (readonly [keyof typeof attributes, string])[];
  /** Undefined: signed by itself. */
  readonly by?: Issued | undefined;
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly isAuthority?: boolean;
  /** The allowed uses; undefined: all. */
  readonly use?: 'server' | 'client';
}

const attributes = { CN: '550403', C: '550406', L: '550407', ST: '550408', O: '55040a', OU: '55040b' } as const;
const uses = { server: '2b06010505070301', client: '2b06010505070302' } as const;
const DAY_MS = 86_400_000;

/** Makes a key and a certificate for it, good for 127.0.0.1 and localhost. */
export function issue(wanted: Wanted): Issued {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { by, isAuthority = false, use } = wanted;
  const { notBefore = new Date(Date.now() - DAY_MS), notAfter = new Date(Date.now() + DAY_MS) } = wanted;
  const subject = sequence(
    ...wanted.subject.map(([name, value]) => set(sequence(oid(attributes[name]), der(0x0c, Buffer.from(value))))),
  );
  const issuer: Issuer = by === undefined ? { subject, privateKey } : by.issuer;
  const extensions = [
    extension('551d13', sequence(...(isAuthority ? [der(0x01, Buffer.from([0xff]))] : []))),
    extension('551d11', sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])))),
    ...(use === undefined ? [] : [extension('551d25', sequence(oid(uses[use])))]),
  ];
  const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
    ecdsaWithSha256,
    issuer.subject,
    sequence(time(notBefore), time(notAfter)),
    subject,
    createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const certificate = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, issuer.privateKey)));
  return {
    cert: pem(certificate),
    key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    issuer: { subject, privateKey },
  };
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

const sequence = (...contents: Buffer[]) => der(0x30, ...contents);
const set = (...contents: Buffer[]) => der(0x31, ...contents);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const bits = (content: Buffer) => der(0x03, Buffer.from([0]), content);
const extension = (id: string, content: Buffer) => sequence(oid(id), der(0x04, content));

function pem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function time(date: Date): Buffer {
  return der(0x18, Buffer.from(`${date.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}
