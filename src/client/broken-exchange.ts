import type { ClientRequest } from 'node:http';
import { visible } from '../values/visible.js';
import { LostAnswerError, NotConnectedError } from './sppp-error.js';

/** How far a request had come when it broke. */
export interface Progress {
  /** The connection was made, with TLS where the URL is one of https. */
  readonly isConnected: boolean;
  /** Its last bytes were handed to the system: from there on the server may have all of it. */
  readonly isWhole: boolean;
}

/** Characters of what a server that does not speak HTTP said. */
const MAX_QUOTED = 60;

/** Why the server's certificate was not accepted. */
const UNTRUSTED =
  /^(?:ERR_TLS_CERT_|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)|HOSTNAME_MISMATCH$)/;

/** The alerts by which a server ends a handshake because of the client's certificate, or because it has none. */
const REFUSED_CERTIFICATE = /alert (?:certificate|bad certificate|unsupported certificate|unknown ca)/i;

/**
 * The error of a request to which no answer came.
 *
 * @returns LostAnswerError if the server may have carried it out, else NotConnectedError: the connection was not made or not
 * whole, the peer does not speak HTTP, it refused the client's certificate, or the request is a GET, which changes nothing
 */
export function brokenExchange(
  error: Error,
  sent: ClientRequest,
  url: URL,
  { isConnected, isWhole }: Progress,
): LostAnswerError | NotConnectedError {
  const foreign = foreignWords(error, sent);
  const reason = reasonOf(error);
  const isRefused = REFUSED_CERTIFICATE.test(reason);
  const why = foreign === undefined ? reason + adviceOn(error, sent, url, isConnected) : foreign;
  const message = `${sent.method} ${url.origin}${url.pathname}: ${isRefused ? `the server refuses the client's certificate, or asks for one: ${reason}` : why}`;
  const mayBeDone = isConnected && isWhole && sent.method !== 'GET' && foreign === undefined && !isRefused;
  return mayBeDone ? new LostAnswerError(message, false) : new NotConnectedError(message);
}

/** Several addresses refused are an AggregateError without a message; OpenSSL's message has its own source lines. */
function reasonOf(error: Error): string {
  const [, openSsl] = /:SSL routines:[^:]*:([^:]+)/.exec(error.message) ?? [];
  return openSsl ?? (error.message || ('code' in error ? String(error.code) : error.name));
}

function adviceOn(error: Error, sent: ClientRequest, url: URL, isConnected: boolean): string {
  const code = 'code' in error ? String(error.code) : '';
  if (UNTRUSTED.test(code)) return `; the server's certificate is not accepted: check the host in url, and ca`;
  const isTls = url.protocol === 'https:';
  if (isTls && !isConnected && (code === 'EPROTO' || code.startsWith('ERR_SSL_'))) {
    return '; no TLS could be agreed on: check the port in url, and whether it is one of http';
  }
  if (!isTls && isConnected && !hasAnswered(sent) && code === 'ECONNRESET') {
    return '; the server closed the connection without an answer: check whether the port in url is one of https';
  }
  return '';
}

/** Whether anything came on the connection, now or for an earlier request. */
function hasAnswered({ reusedSocket, socket }: ClientRequest): boolean {
  return reusedSocket || (socket?.bytesRead ?? 0) > 0;
}

/** What a peer said first on its connection, if that is no HTTP: such a peer carries out nothing. */
function foreignWords(error: Error, { reusedSocket }: ClientRequest): string | undefined {
  if (!('code' in error) || !/^HPE_/.test(String(error.code)) || reusedSocket) return undefined;
  const packet = 'rawPacket' in error && error.rawPacket instanceof Uint8Array ? error.rawPacket : undefined;
  if (packet === undefined) return undefined;
  const said = Buffer.from(packet).toString('latin1');
  if (said.startsWith('HTTP/') || 'HTTP/'.startsWith(said)) return undefined;
  if (said.startsWith('\x15\x03')) return 'the server speaks TLS: the port in url is one of https';
  return `the server does not speak HTTP, it says ${visible(said.slice(0, MAX_QUOTED).trimEnd())}: check the port in url`;
}
