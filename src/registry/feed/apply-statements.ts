import { sedRecColumnList } from '../../model/sed-rec-kinds.js';

/**
 * A statement and its parameters: lines as one JSON text or their ids, the organization whose view the feed is, and the
 * journal row of the rows that are written.
 */
export interface ApplyStatement {
  readonly text: string;
  readonly takes: readonly ('rows' | 'ids' | 'asker' | 'transactionId')[];
}

const ofRows = (text: string, ...takes: ApplyStatement['takes']): ApplyStatement => ({
  text,
  takes: ['rows', ...takes],
});
const removal = (text: string, ...takes: ApplyStatement['takes']): ApplyStatement => ({
  text,
  takes: ['ids', ...takes],
});
const removed = 'ANY ($1::bigint[])';

/** Members of SED records; egress routes have some of the same names. */
const members = new Map<string, string>(sedRecColumnList.map(([, { member, type }]) => [member, type]));
const sedRecColumns = sedRecColumnList.map(([, { column }]) => column);

/** The members of the feed's objects. Others are ignored. */
const columns = `id bigint, registrant text, name text, kind text, "isInSvc" boolean, priority integer, ext text,
  "ownExt" text, "sedRecords" jsonb, "destinationGroups" jsonb, "sedGroups" jsonb, sources jsonb, "sedFunction" text,
  ttl integer, "ipAddresses" jsonb, pref integer, value text, spelling text, cor boolean,
  ${[...members].map(([member, type]) => `"${member}" ${type}`)}`;
const put = `(SELECT l.*, o.id AS rant FROM jsonb_to_recordset($1::jsonb) AS l(${columns})
               JOIN sppp.organization o ON o.org_id = l.registrant)`;
const ids = '(SELECT id FROM jsonb_to_recordset($1::jsonb) AS l(id bigint))';
const elements = (name: string) => `jsonb_array_elements(coalesce(l."${name}", '[]')) WITH ORDINALITY AS e(item, n)`;

/** The statements that carry out lines of a kind, in order. Rows are put by making them anew. */
export const applyStatements: Readonly<Record<string, readonly ApplyStatement[]>> = {
  'remove EgrRte': [removal(`DELETE FROM sppp.egress_route WHERE id = ${removed}`)],
  'remove SedGrp': [removal(`DELETE FROM sppp.sed_group WHERE id = ${removed}`)],
  'remove SedRec': [removal(`DELETE FROM sppp.sed_record WHERE id = ${removed}`)],
  'remove PubId': [removal(`DELETE FROM sppp.public_identifier WHERE id = ${removed}`)],
  // Identifiers of others go with the last of their groups.
  'remove DestGrp': [
    removal(
      `DELETE FROM sppp.public_identifier p USING sppp.organization o
        WHERE o.id = p.rant_id AND o.org_id <> $2
          AND p.id IN (SELECT m.public_identifier_id FROM sppp.destination_group_member m
                        WHERE m.destination_group_id = ${removed})
          AND NOT EXISTS (SELECT FROM sppp.destination_group_member m
                           WHERE m.public_identifier_id = p.id AND m.destination_group_id <> ALL ($1::bigint[]))`,
      'asker',
    ),
    removal(`DELETE FROM sppp.destination_group WHERE id = ${removed}`),
  ],
  'put Organization': [
    ofRows(
      `INSERT INTO sppp.organization (id, org_id) OVERRIDING SYSTEM VALUE
       SELECT id, "orgId" FROM jsonb_to_recordset($1::jsonb) AS l(id integer, "orgId" text)
       ON CONFLICT (org_id) DO NOTHING`,
    ),
  ],
  'put DestGrp': [
    ofRows(
      `INSERT INTO sppp.destination_group (id, transaction_id, c_date, rant_id, rar_id, name, name_key)
       OVERRIDING SYSTEM VALUE SELECT id, $2, now(), rant, rant, name, id::text FROM ${put} l
       ON CONFLICT (id) DO UPDATE SET name = excluded.name`,
      'transactionId',
    ),
  ],
  'put SedRec': [
    ofRows(
      `INSERT INTO sppp.sed_record (id, transaction_id, c_date, rant_id, rar_id, name, name_key, kind, sed_function,
         is_in_svc, ttl, ext, own_ext, ${sedRecColumns})
       OVERRIDING SYSTEM VALUE
       SELECT id, $2, now(), rant, rant, name, id::text, kind::sppp.sed_record_kind, "sedFunction"::sppp.sed_function,
              "isInSvc", ttl, ext, "ownExt", ${[...members.keys()].map((member) => `"${member}"`)} FROM ${put} l
       ON CONFLICT (id) DO UPDATE SET
         name = excluded.name, kind = excluded.kind, sed_function = excluded.sed_function,
         is_in_svc = excluded.is_in_svc, ttl = excluded.ttl, ext = excluded.ext, own_ext = excluded.own_ext,
         ${sedRecColumns.map((column) => `${column} = excluded.${column}`)}`,
      'transactionId',
    ),
    ofRows(`DELETE FROM sppp.sed_record_ip_addr WHERE sed_record_id IN ${ids}`),
    ofRows(
      `INSERT INTO sppp.sed_record_ip_addr (sed_record_id, position, version, addr)
       SELECT l.id, e.n, e.item ->> 'version', e.item ->> 'addr' FROM ${put} l, ${elements('ipAddresses')}`,
    ),
  ],
  'put SedGrp': [
    ofRows(
      `INSERT INTO sppp.sed_group (id, transaction_id, c_date, rant_id, rar_id, name, name_key, is_in_svc, priority, ext,
         own_ext)
       OVERRIDING SYSTEM VALUE
       SELECT id, $2, now(), rant, rant, name, id::text, "isInSvc", priority, ext, "ownExt" FROM ${put} l
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, is_in_svc = excluded.is_in_svc,
         priority = excluded.priority, ext = excluded.ext, own_ext = excluded.own_ext`,
      'transactionId',
    ),
    ofRows(`DELETE FROM sppp.sed_group_sed_record WHERE sed_group_id IN ${ids}`),
    ofRows(`DELETE FROM sppp.sed_group_dest_grp WHERE sed_group_id IN ${ids}`),
    ofRows(`DELETE FROM sppp.sed_group_source_ident WHERE sed_group_id IN ${ids}`),
    ofRows(
      `INSERT INTO sppp.sed_group_sed_record (sed_group_id, sed_record_id, position, priority)
       SELECT l.id, (e.item ->> 'id')::bigint, e.n, (e.item ->> 'priority')::integer
         FROM ${put} l, ${elements('sedRecords')}`,
    ),
    ofRows(
      `INSERT INTO sppp.sed_group_dest_grp (sed_group_id, destination_group_id, position)
       SELECT l.id, (e.item #>> '{}')::bigint, e.n FROM ${put} l, ${elements('destinationGroups')}`,
    ),
    ofRows(
      `INSERT INTO sppp.sed_group_source_ident (sed_group_id, position, scheme, regex)
       SELECT l.id, e.n, e.item ->> 'scheme', e.item ->> 'regex' FROM ${put} l, ${elements('sources')}`,
    ),
    // Groups of others are in the feed because they offered them and the asker accepted.
    ofRows(
      `INSERT INTO sppp.sed_group_offer (transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status,
         offer_date_time, accept_date_time)
       SELECT $2, now(), l.id, a.id, l.rant, 'accepted', now(), now()
         FROM ${put} l JOIN sppp.organization a ON a.org_id = $3 AND a.id <> l.rant
       ON CONFLICT (sed_group_id, offered_to_id) DO NOTHING`,
      'transactionId',
      'asker',
    ),
  ],
  'put PubId': [
    ofRows(
      `INSERT INTO sppp.public_identifier (id, transaction_id, c_date, rant_id, rar_id, kind, value, spelling, span, cor,
         cor_claim, cor_date)
       OVERRIDING SYSTEM VALUE
       SELECT id, $2, now(), rant, rant, kind::sppp.public_identifier_kind, value, spelling,
              CASE kind WHEN 'TNPrefix' THEN sppp.digit_range(value, value || ':')
                        WHEN 'TNRange' THEN sppp.digit_range(split_part(value, '-', 1), split_part(value, '-', 2) || ':')
              END, cor, cor IS NOT NULL OR NULL, CASE WHEN cor IS NOT NULL THEN now() END FROM ${put} l
       ON CONFLICT (id) DO UPDATE SET spelling = excluded.spelling, cor = excluded.cor, cor_claim = excluded.cor_claim,
         cor_date = excluded.cor_date`,
      'transactionId',
    ),
    ofRows(`DELETE FROM sppp.destination_group_member WHERE public_identifier_id IN ${ids}`),
    ofRows(`DELETE FROM sppp.public_identifier_sed_record WHERE public_identifier_id IN ${ids}`),
    ofRows(
      `INSERT INTO sppp.destination_group_member (public_identifier_id, destination_group_id, position)
       SELECT l.id, (e.item #>> '{}')::bigint, e.n - 1 FROM ${put} l, ${elements('destinationGroups')}`,
    ),
    ofRows(
      `INSERT INTO sppp.public_identifier_sed_record (public_identifier_id, sed_record_id, position, priority)
       SELECT l.id, (e.item ->> 'id')::bigint, e.n - 1, (e.item ->> 'priority')::integer
         FROM ${put} l, ${elements('sedRecords')}`,
    ),
  ],
  'put EgrRte': [
    ofRows(
      `INSERT INTO sppp.egress_route (id, transaction_id, c_date, rant_id, rar_id, name, name_key, pref, ere, repl, svcs,
         ext, own_ext)
       OVERRIDING SYSTEM VALUE
       SELECT id, $2, now(), rant, rant, name, id::text, pref, ere, repl, svcs, ext, "ownExt" FROM ${put} l
       ON CONFLICT (id) DO UPDATE SET name = excluded.name, pref = excluded.pref, ere = excluded.ere,
         repl = excluded.repl, svcs = excluded.svcs, ext = excluded.ext, own_ext = excluded.own_ext`,
      'transactionId',
    ),
    ofRows(`DELETE FROM sppp.egress_route_sed_group WHERE egress_route_id IN ${ids}`),
    ofRows(
      `INSERT INTO sppp.egress_route_sed_group (egress_route_id, sed_group_id, position)
       SELECT l.id, (e.item #>> '{}')::bigint, e.n FROM ${put} l, ${elements('sedGroups')}`,
    ),
  ],
};
