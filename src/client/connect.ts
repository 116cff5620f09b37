/** The library: `import { connect } from 'sppp-server/client'`. Its types name no other package. */

import { createSecureContext } from 'node:tls';
import { check, checkFields, checkMilliseconds, kindOf } from './check-arguments.js';
import type { Connection, ConnectOptions } from './connection.js';
import { DigestLogin } from './digest-login.js';
import { HttpConnection, type TlsOptions } from './http-connection.js';
import { RegistryClient } from './registry-client.js';
import { type Resource, readResource } from './resource.js';
import { WrongUseError } from './sppp-error.js';

export type { CloudEvent } from '../events/cloud-event.js';
export type { CorInfo } from '../model/cor-info.js';
export type { DestGrp } from '../model/dest-grp.js';
export type { EgrRte } from '../model/egr-rte.js';
export type { Key, ObjKey, PubIdKey, SedGrpOfferKey } from '../model/key.js';
export type { Obj } from '../model/obj.js';
export type { PubId, Rn, Tn, Tnp, Tnr, UriPubId } from '../model/pub-id.js';
export type { SedGrp, SourceIdent } from '../model/sed-grp.js';
export type { SedGrpOffer } from '../model/sed-grp-offer.js';
export type { IpAddr, Naptr, Ns, SedRec, Uri } from '../model/sed-rec.js';
export type { SedRecRef } from '../model/sed-rec-ref.js';
export type { NumberRange } from '../values/number-range.js';
export type { ParameterFault } from '../values/parameter-fault.js';
export type { RegexParam } from '../values/regex-param.js';
export type { BulkOptions, BulkPart, BulkRequestOptions, StopSignal } from './bulk-options.js';
export type { ChangeItem, ChangeVerb } from './change-item.js';
export type { Connection, ConnectOptions, HttpQuery, OfferFilter, SoapClient } from './connection.js';
export type { EventAck, EventConsumer, EventOptions, EventPage } from './event-options.js';
export type { HttpAnswer } from './http-answer.js';
export type { Found, Outcome, ServerState, Verdict } from './outcome.js';
export * from './sppp-error.js';

/** Milliseconds in which nothing moves. */
const TIMEOUT_MS = 300_000;

/**
 * Opens a connection to a registry. It sends nothing before the first call.
 *
 * @throws WrongUseError if an option is wrong. No message holds the password.
 */
export function connect(options: ConnectOptions): Connection {
  const known = ['url', 'user', 'password', 'certificate', 'ca', 'mode', 'timeout', 'patience'];
  checkFields('connect', 'options', options, known);
  const { url, mode, timeout, patience } = options;
  const resource = resourceOf(url);
  const modes = Object.keys(resource.endpoints);
  check(mode === undefined || modes.includes(mode), option('mode', `is none of ${modes.join(', ')}`), mode);
  const isAgreed = mode === undefined || resource.mode === undefined || mode === resource.mode;
  check(isAgreed, option('mode', `${mode}, and the url says ${resource.mode}`));
  checkMilliseconds('connect', 'timeout', timeout, 1);
  checkMilliseconds('connect', 'patience', patience, 0);
  const tls = tlsOf(options, resource.server);
  const http = new HttpConnection(resource.server, loginOf(options), tls, timeout ?? TIMEOUT_MS);
  return new RegistryClient({ http, resource, mode: mode ?? resource.mode, patience });
}

function option(field: string, rule: string) {
  return { method: 'connect', field, rule };
}

function resourceOf(url: unknown): Resource {
  check(typeof url === 'string', option('url', `is ${kindOf(url)}, not a text`));
  try {
    return readResource(url);
  } catch (error) {
    const rule = error instanceof Error ? error.message.replace(/^url: /, '') : String(error);
    throw new WrongUseError(option('url', rule));
  }
}

function loginOf({ user, password }: ConnectOptions): DigestLogin | undefined {
  if (user === undefined && password === undefined) return undefined;
  check(typeof user === 'string' && user !== '', option('user', 'missing beside the password'));
  check(typeof password === 'string', option('password', 'missing beside the user'));
  return new DigestLogin(user, password);
}

function tlsOf({ certificate, ca }: ConnectOptions, { protocol }: URL): TlsOptions {
  if (certificate === undefined && ca === undefined) return {};
  if (certificate !== undefined) {
    checkFields('connect', 'certificate', certificate, ['cert', 'key', 'passphrase']);
    const { cert, key, passphrase } = certificate;
    check(isPem(cert), option('certificate.cert', 'is no PEM, as text or bytes'));
    check(isPem(key), option('certificate.key', 'is no PEM, as text or bytes'));
    check(passphrase === undefined || typeof passphrase === 'string', option('certificate.passphrase', 'is no text'));
  }
  check(ca === undefined || isPem(ca), option('ca', 'is no PEM, as text or bytes'));
  const tls = { ...certificate, ...(ca === undefined ? {} : { ca }) };
  check(protocol === 'https:', option('certificate, ca', 'the url is not one of https'));
  try {
    createSecureContext(tls as Parameters<typeof createSecureContext>[0]);
  } catch (error) {
    throw new WrongUseError(option('certificate, ca', error instanceof Error ? error.message : String(error)));
  }
  return tls;
}

function isPem(value: unknown): boolean {
  return (typeof value === 'string' && value !== '') || (value instanceof Uint8Array && value.length > 0);
}
