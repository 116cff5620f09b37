import { constants, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { Socket } from 'node:net';
import { createSecureContext, type SecureContextOptions, TLSSocket } from 'node:tls';
import type { FastifyBaseLogger } from 'fastify';
import type { TlsSettings } from '../config.js';
import { OperatorError } from '../operator-error.js';

/** The certificate of a client that has proved to have its key. */
export interface PresentedCertificate {
  /** SHA-256 of the certificate, in lower-case hex. */
  readonly fingerprint: string;
  /** The whole subject, see subjectOf. */
  readonly subject: string;
}

/** The handler that Fastify gives its server. */
type Handler = Parameters<typeof createServer>[1];

/** How often the files are checked for changes. */
const CHECK_FILES_MS = 5000;

/**
 * RFC 7525 §4.2 without the suites on finite-field groups, which RFC 9325 has dropped since. Suites of TLS 1.3 are not
 * listed: all of them are accepted.
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
 * TLS as RFC 7878 §5 requires: 1.2 and 1.3, no renegotiation, and no resumption, so that each connection's certificate is
 * checked against the present trust anchors. Key, certificate and trust anchors are read again when their files change.
 */
export class Tls {
  readonly #settings: TlsSettings;
  readonly #log: Pick<FastifyBaseLogger, 'info' | 'error'>;
  readonly #servers = new Set<Server>();
  readonly #timer: NodeJS.Timeout;
  #context: SecureContextOptions;
  /** The state of the files when they were last read, whether they could be used or not. */
  #seen: string;

  /** Throws for files that cannot be used. They are polled, because watching misses renamed and linked files. */
  constructor(
    settings: TlsSettings,
    log: Pick<FastifyBaseLogger, 'info' | 'error'>,
    checkEveryMs: number = CHECK_FILES_MS,
  ) {
    this.#settings = settings;
    this.#log = log;
    this.#seen = stateOf(settings);
    this.#context = readContext(settings);
    this.#timer = setInterval(() => this.#checkFiles(), checkEveryMs).unref();
  }

  /** A server with this key and certificate, which follows their changes. A handshake may take as long as headers. */
  createServer(options: ServerOptions, handler?: Handler): Server {
    const { headersTimeout: handshakeTimeout } = options;
    const { client } = this.#settings;
    const certificates = { requestCert: client !== 'none', rejectUnauthorized: client === 'required' };
    const server = createServer(
      { ...options, handshakeTimeout, ...this.#context, ...certificates, ALPNProtocols: ['http/1.1'] },
      handler,
    );
    this.#servers.add(server);
    return server.on('close', () => this.#servers.delete(server));
  }

  /** Reads the files now. Returns false for files that cannot be used; the old ones stay in use then. */
  reload(): boolean {
    this.#seen = stateOf(this.#settings);
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

  /** The certificate that is shown now. */
  get certificate(): { readonly fingerprint: string; readonly notAfter: Date } | undefined {
    const read = readCertificate(this.#context.cert as Buffer);
    return read && { fingerprint: fingerprintOf(read), notAfter: new Date(read.validTo) };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #checkFiles(): void {
    if (stateOf(this.#settings) !== this.#seen) this.reload();
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
  createSecureContext(context); // Throws for a key of another certificate, before a server gets it.
  return context;
}

/** A text that changes whenever one of the files does. */
function stateOf({ cert, key, ca }: TlsSettings): string {
  const files = [cert, key, ca].map((file) => {
    const stat = file === undefined ? undefined : statSync(file, { bigint: true, throwIfNoEntry: false });
    return stat === undefined ? '-' : `${stat.dev} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  });
  return files.join(',');
}

const presented = new WeakMap<Socket, PresentedCertificate>();

/** The certificate of a client, if it is valid under our trust anchors. */
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
 * RFC2253,-esc_msb,utf8` prints it. Separators within a part are escaped (RFC 4514 §2.4), so different subjects have
 * different texts.
 */
export function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').reverse().join(',');
}

/** Reads a certificate in PEM; undefined if the text is not one. */
export function readCertificate(pem: string | Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** Reads the certificate of HTTPS; undefined: HTTP. Throws an OperatorError for files that cannot be used. */
export function openTls({ tls }: { readonly tls: TlsSettings | undefined }, log: FastifyBaseLogger): Tls | undefined {
  try {
    return tls && new Tls(tls, log);
  } catch (error) {
    throw new OperatorError(`SPPP_TLS_CERT=${tls?.cert}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
