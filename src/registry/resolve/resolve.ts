import type pg from 'pg';
import { type SedRecKindName, type SedRecValues, sedRecColumnList } from '../../model/sed-rec-kinds.js';
import { isCancelled } from '../connection/database-error.js';
import { statement } from '../connection/statement.js';

/** For this identifier, asked by this organization, from this source (RFC 7877 §6.3). */
export interface Question {
  /** Digits with or without +, rn= and digits, or a URI. */
  readonly identifier: string;
  readonly asker: string;
  /** URI of the calling party. */
  readonly sourceUri?: string | undefined;
  /** IP address of the client that the look-up is for. */
  readonly sourceIp?: string | undefined;
  readonly rootDomain?: string | undefined;
}

/** Session establishment data: an SED record, and the way to it. */
export interface Sed extends SedRecValues {
  readonly position: number;
  readonly registrant: string;
  readonly matchedKind: 'TN' | 'TNRange' | 'TNPrefix' | 'RN' | 'URI';
  readonly matchedIdentifier: string;
  /** Whether the registrant is carrier of record; null where it does not claim to be. */
  readonly cor: boolean | null;
  /** Null in these three: the number refers to the record itself. */
  readonly destinationGroup: string | null;
  readonly sedGroup: string | null;
  readonly groupPriority: number | null;
  readonly recordRegistrant: string;
  readonly sedRecord: string;
  readonly kind: SedRecKindName;
  readonly sedFunction: 'routing' | 'lookup' | null;
  readonly recordPriority: number;
  /** The asker's egress route that rewrote it. */
  readonly egressRoute: string | null;
  readonly pref: number | null;
  readonly ipAddresses: readonly string[] | null;
  readonly ttl: number | null;
  /** The URI that the pattern makes of the identifier; null without a pattern, or if it does not match. */
  readonly finalUri: string | null;
}

/** A candidate, and the step at which it was kept or dropped. */
export interface Candidate {
  readonly position: number | null;
  readonly verdict: 'kept' | 'dropped';
  readonly step: string;
  readonly reason: string;
  readonly decidedBy: string | null;
  readonly registrant: string | null;
  readonly matchedKind: Sed['matchedKind'] | null;
  readonly matchedIdentifier: string | null;
  readonly destinationGroup: string | null;
  readonly sedGroup: string | null;
  readonly recordRegistrant: string | null;
  readonly sedRecord: string | null;
  readonly egressRoute: string | null;
  readonly finalUri: string | null;
}

const ofKinds = Object.fromEntries(sedRecColumnList.map(([name, { column }]) => [name, column]));

/** Columns of an answer by their names here. */
export const columns: Readonly<Record<keyof Sed, string>> = {
  ...(ofKinds as Record<keyof SedRecValues, string>),
  position: '"position"',
  registrant: 'registrant',
  matchedKind: 'matched_kind',
  matchedIdentifier: 'matched_identifier',
  cor: 'cor',
  destinationGroup: 'destination_group',
  sedGroup: 'sed_group',
  groupPriority: 'group_priority',
  recordRegistrant: 'record_registrant',
  sedRecord: 'sed_record',
  kind: 'kind',
  sedFunction: 'sed_function',
  recordPriority: 'record_priority',
  egressRoute: 'egress_route',
  pref: 'pref',
  ipAddresses: 'ip_addresses',
  ttl: 'ttl',
  finalUri: 'final_uri',
};

const resolveRows = statement<Sed & pg.QueryResultRow>(
  'resolve',
  `SELECT ${Object.entries(columns).map(([name, column]) => `${column} AS "${name}"`)}
     FROM sppp_api.resolve($1, $2, $3, $4, $5)`,
);

const explainRows = statement<Candidate & pg.QueryResultRow>(
  'explain',
  `SELECT "position", verdict, step, reason, decided_by AS "decidedBy", registrant, matched_kind AS "matchedKind",
          matched_identifier AS "matchedIdentifier", destination_group AS "destinationGroup", sed_group AS "sedGroup",
          record_registrant AS "recordRegistrant", sed_record AS "sedRecord", egress_route AS "egressRoute",
          final_uri AS "finalUri"
     FROM sppp_api.explain($1, $2, $3, $4, $5)`,
);

/** The session establishment data for an identifier, in order. */
export function resolve(db: Pick<pg.ClientBase, 'query'>, question: Question): Promise<Sed[]> {
  return resolveRows(db, valuesOf(question));
}

/** Every candidate for an answer, and why it was kept or dropped. For operators: it shows data that is not shared. */
export function explain(db: Pick<pg.ClientBase, 'query'>, question: Question): Promise<Candidate[]> {
  return explainRows(db, valuesOf(question));
}

/** The arguments of what resolves, in their order. */
export function valuesOf({ identifier, asker, sourceUri, sourceIp, rootDomain }: Question): unknown[] {
  return [identifier, asker, sourceUri, sourceIp, rootDomain];
}

/** Whether a look-up was cancelled by its time limit. */
export function tookTooLong(error: unknown): boolean {
  return isCancelled(error);
}
