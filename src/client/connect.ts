/** The library: `import { connect } from 'sppp-server/client'`. Its types name no other package. */

import { createSecureContext } from 'node:tls';
import type { Connection, ConnectOptions } from './connection.js';
import { DigestLogin } from './digest-login.js';
import { HttpConnection, type TlsOptions } from './http-connection.js';
import { RegistryClient } from './registry-client.js';
import { readResource } from './resource.js';

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
export type { RegexParam } from '../values/regex-param.js';
export type { BulkOptions, BulkPart, BulkRequestOptions, StopSignal } from './bulk-options.js';
export type { ChangeItem, ChangeVerb } from './change-item.js';
export type { Connection, ConnectOptions, HttpQuery, OfferFilter, SoapClient } from './connection.js';
export type { HttpAnswer } from './http-answer.js';
export type { Found, Outcome, ServerState, Verdict } from './outcome.js';
export * from './sppp-error.js';

/** Milliseconds in which nothing moves. */
const TIMEOUT = 300_000;

/**
 * Opens a connection to a registry. It sends nothing before the first call.
 *
 * @throws TypeError if an option is wrong. No message holds the password.
 */
export function connect(options: ConnectOptions): Connection {
  const { url, mode, timeout = TIMEOUT, patience } = options;
  const resource = readResource(url);
  if (mode !== undefined && !Object.hasOwn(resource.endpoints, mode)) {
    throw new TypeError(`mode: ${mode} is none of ${Object.keys(resource.endpoints).join(', ')}`);
  }
  if (mode !== undefined && resource.mode !== undefined && mode !== resource.mode) {
    throw new TypeError(`mode: ${mode}, and the url says ${resource.mode}`);
  }
  for (const [name, value] of Object.entries({ timeout, patience: patience ?? 0 })) {
    if (!(Number.isFinite(value) && value >= 0)) throw new TypeError(`${name}: ${value} is no number of milliseconds`);
  }
  const http = new HttpConnection(resource.server, loginOf(options), tlsOf(options, resource.server), timeout);
  return new RegistryClient({ http, resource, mode: mode ?? resource.mode, patience });
}

function loginOf({ user, password }: ConnectOptions): DigestLogin | undefined {
  if (user === undefined && password === undefined) return undefined;
  if (typeof user !== 'string' || user === '') throw new TypeError('user: missing beside the password');
  if (typeof password !== 'string') throw new TypeError('password: missing beside the user');
  return new DigestLogin(user, password);
}

function tlsOf({ certificate, ca }: ConnectOptions, { protocol }: URL): TlsOptions {
  const tls = { ...certificate, ca };
  if (certificate === undefined && ca === undefined) return {};
  if (protocol !== 'https:') throw new TypeError('certificate, ca: the url is not one of https');
  try {
    createSecureContext(tls as Parameters<typeof createSecureContext>[0]);
  } catch (error) {
    throw new TypeError(`certificate, ca: ${error instanceof Error ? error.message : error}`);
  }
  return tls;
}
