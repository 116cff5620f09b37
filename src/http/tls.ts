import { constants, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import type { TlsSettings } from '../config.js';

/** What is known of a client that has shown a certificate, and that it has the key to it. */
export interface PresentedCertificate {
  /** SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
  /** The whole subject, see subjectOf. */
  readonly subject: string;
}

/** The handler that Fastify gives its server. */
type Handler = Parameters<typeof createServer>[1];

const LOOK_AT_FILES_MS = 5000;

/**
 * RFC 7525 §4.2, without the suites on finite-field groups that RFC 9325 has dropped since. Those of TLS 1.3 are all
 * good and not named here.
 */
const ciphers = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
].join(':');

/**
 * TLS as RFC 7878 §5 wants it: 1.2 and 1.3, no renegotiation, no resumption (so that every connection shows its
 * certificate to the trust anchors of now). Key, certificate and trust anchors are read again when their files change.
 */
export class Tls {
  readonly #settings: TlsSettings;
  readonly #log: Pick<FastifyBaseLogger, 'info' | 'error'>;
  readonly #servers = new Set<Server>();
  readonly #timer: NodeJS.Timeout;
  #context: SecureContextOptions;
  /** The files as they were when they were last read, whatever came of it. */
  #seen: string;

  /** Throws what is wrong with the files. They are looked at, since watching misses renamed and linked ones. */
  constructor(
    settings: TlsSettings,
    log: Pick<FastifyBaseLogger, 'info' | 'error'>,
    lookEveryMs: number = LOOK_AT_FILES_MS,
  ) {
    this.#settings = settings;
    this.#log = log;
    this.#seen = pictureOf(settings);
    this.#context = readContext(settings);
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** A server that takes its key and certificate from here for as long as it lives. */
  createServer(options: ServerOptions, handler?: Handler): Server {
    const { client } = this.#settings;
    const certificates = { requestCert: client !== 'none', rejectUnauthorized: client === 'required' };
    const server = createServer(
      { ...options, ...this.#context, ...certificates, ALPNProtocols: ['http/1.1'] },
      handler,
    );
    this.#servers.add(server);
    return server.on('close', () => this.#servers.delete(server));
  }

  /** Reads the files now. With bad ones the old ones stay in use; whether the new ones are. */
  reload(): boolean {
    this.#seen = pictureOf(this.#settings);
    try {
      const context = readContext(this.#settings);
      for (const server of this.#servers) server.setSecureContext(context);
      this.#context = context;
    } catch (error) {
      this.#log.error({ err: error }, 'TLS files cannot be used, the former ones stay in use');
      return false;
    }
    this.#log.info('TLS files were read again');
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    if (pictureOf(this.#settings) !== this.#seen) this.reload();
  }
}

function readContext({ cert, key, keyPassphrase, ca, client }: TlsSettings): SecureContextOptions {
  const context: SecureContextOptions = {
    cert: readFileSync(cert),
    key: readFileSync(key),
    ...(keyPassphrase === undefined ? {} : { passphrase: keyPassphrase }),
    ...(ca === undefined || client === 'none' ? {} : { ca: readFileSync(ca) }),
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers,
    honorCipherOrder: true,
    ecdhCurve: 'X25519:P-256:P-384',
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_TICKET,
  };
  createSecureContext(context); // Throws for a key of another certificate, before a server is given it.
  return context;
}

/** Changes whenever one of the files is another one. */
function pictureOf({ cert, key, ca }: TlsSettings): string {
  const files = [cert, key, ca].map((file) => {
    const stat = file === undefined ? undefined : statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? '-' : `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  });
  return files.join(',');
}

const presented = new WeakMap<Socket, PresentedCertificate>();

/** The certificate of the client at the other end, if it was checked against our trust anchors and is good. */
export function certificateOf(socket: Socket): PresentedCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return undefined;
  const known = presented.get(socket);
  if (known !== undefined) return known;
  const certificate = socket.getPeerX509Certificate();
  if (certificate === undefined) return undefined;
  const found = { fingerprint: fingerprintOf(certificate), subject: subjectOf(certificate) };
  presented.set(socket, found);
  return found;
}

/** The SHA-256 hash of a certificate, in lower-case hex. */
export function fingerprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/**
 * The subject of a certificate on one line, the most specific part first, as `openssl x509 -subject -nameopt
 * RFC2253,-esc_msb,utf8` has it. Whatever separates parts is escaped within them (RFC 4514 §2.4), so that two subjects
 * never look alike.
 */
export function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').reverse().join(',');
}

/** Reads a certificate as people hand it over: one in PEM. Undefined if it is none. */
export function readCertificate(pem: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}
