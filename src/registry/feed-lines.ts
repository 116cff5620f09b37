import type { Interval, Shares } from './feed-shares.js';

/** A statement whose rows are lines of a feed, each with the organization that it speaks of. */
export interface LineQuery {
  readonly text: string;
  readonly values: readonly unknown[];
}

export interface LineRow {
  readonly line: string;
  /** Of what is put: whose it is. Null in what is removed. */
  readonly orgId: string | null;
  readonly rantId: number | null;
}

/** An interval, what was shared at both of its ends, and the first request in it, if there is any. */
export interface Span extends Interval {
  readonly shares: Shares;
  readonly firstTransactionId: number | null;
}

/** Each statement has its own values; `of` numbers them as they are named. */
function query(write: (of: (value: unknown) => string) => string): LineQuery {
  const values: unknown[] = [];
  const text = write((value) => `$${values.push(value)}`);
  return { text, values };
}

function without(ids: readonly number[], others: readonly number[]): number[] {
  const out = new Set(others);
  return ids.filter((id) => !out.has(id));
}

/** The requests of the interval, as a common table expression. */
function requests(of: (value: unknown) => string, { since, fromXid }: Interval): string {
  return `request AS MATERIALIZED (
    SELECT id FROM sppp.transaction WHERE xid >= ${of(fromXid)}::bigint AND sppp.is_after(xid, ${of(since)}::pg_snapshot))`;
}

/** What is gone from the asker's sight, dependants first: they go with what they depend on. */
export function removals(span: Span): LineQuery[] {
  if (span.since === null) return [];
  const { askerId, since, fromXid, shares } = span;
  const remove = (noun: string, shared: readonly number[]) =>
    query(
      (of) => `
      SELECT json_build_object('remove', ${of(noun)}::text, 'id', id)::text AS line, NULL AS "orgId", NULL AS "rantId"
        FROM (SELECT object AS id FROM sppp.object_gone
               WHERE xid >= ${of(fromXid)}::bigint AND sppp.is_after(xid, ${of(since)}::pg_snapshot)
                 AND rant = ${of(askerId)} AND noun::text = ${of(noun)}
              UNION SELECT unnest(${of(shared)}::bigint[])) gone
       ORDER BY id`,
    );
  return [
    remove('EgrRte', []),
    remove('SedGrp', without(shares.groupsThen, shares.groups)),
    identifiersGone(span),
    remove('DestGrp', without(shares.servedThen, shares.served)),
    remove('SedRec', []),
  ];
}

/** What the asker sees and did not, or not so; what others depend on first. */
export function puts(span: Span): LineQuery[] {
  return [destGrps(span), sedRecs(span), sedGrps(span), identifiers(span), egrRtes(span)];
}

function destGrps(span: Span): LineQuery {
  const { served, servedThen } = span.shares;
  return query(
    (of) => `
    WITH ${requests(of, span)}
    SELECT json_build_object('put', 'DestGrp', 'id', g.id, 'registrant', o.org_id, 'name', g.name)::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM sppp.destination_group g JOIN sppp.organization o ON o.id = g.rant_id
     WHERE (g.rant_id = ${of(span.askerId)} OR g.id = ANY (${of(served)}::bigint[]))
       AND (${of(span.since)}::text IS NULL OR g.id = ANY (${of(without(served, servedThen))}::bigint[])
            OR g.transaction_id IN (SELECT id FROM request))
     ORDER BY g.id`,
  );
}

function sedGrps(span: Span): LineQuery {
  const { groups, groupsThen } = span.shares;
  return query(
    (of) => `
    WITH ${requests(of, span)}
    SELECT json_strip_nulls(json_build_object(
             'put', 'SedGrp', 'id', g.id, 'registrant', o.org_id, 'name', g.name, 'isInSvc', g.is_in_svc,
             'priority', g.priority,
             'sedRecords', (SELECT coalesce(json_agg(json_build_object('id', r.sed_record_id, 'priority', r.priority)
                                                     ORDER BY r.position), '[]')
                              FROM sppp.sed_group_sed_record r WHERE r.sed_group_id = g.id),
             'destinationGroups', (SELECT coalesce(json_agg(d.destination_group_id ORDER BY d.position), '[]')
                                     FROM sppp.sed_group_dest_grp d WHERE d.sed_group_id = g.id),
             'sources', (SELECT coalesce(json_agg(json_build_object('scheme', i.scheme, 'regex', i.regex)
                                                  ORDER BY i.position), '[]')
                           FROM sppp.sed_group_source_ident i WHERE i.sed_group_id = g.id),
             'ext', g.ext, 'ownExt', g.own_ext))::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM sppp.sed_group g JOIN sppp.organization o ON o.id = g.rant_id
     WHERE (g.rant_id = ${of(span.askerId)} OR g.id = ANY (${of(groups)}::bigint[]))
       AND (${of(span.since)}::text IS NULL OR g.id = ANY (${of(without(groups, groupsThen))}::bigint[])
            OR g.transaction_id IN (SELECT id FROM request))
     ORDER BY g.id`,
  );
}

/** Records are seen by their owner, and by whom a group or a number that refers to them shows them to. */
function sedRecs(span: Span): LineQuery {
  const { groups, groupsThen } = span.shares;
  return query((of) => {
    const asker = of(span.askerId);
    const mine = of(groups);
    const shows = `(p.rant_id = ${asker} OR NOT EXISTS (
      SELECT FROM sppp.destination_group_member m WHERE m.public_identifier_id = p.id))`;
    return `
    WITH ${requests(of, span)},
    candidate AS (
      SELECT id FROM sppp.sed_record
       WHERE ${of(span.since)}::text IS NULL OR transaction_id IN (SELECT id FROM request)
      UNION
      SELECT r.sed_record_id FROM sppp.sed_group_sed_record r JOIN sppp.sed_group g ON g.id = r.sed_group_id
       WHERE g.id = ANY (${of(without(groups, groupsThen))}::bigint[]) OR g.transaction_id IN (SELECT id FROM request)
      UNION
      SELECT r.sed_record_id
        FROM sppp.public_identifier p JOIN sppp.public_identifier_sed_record r ON r.public_identifier_id = p.id
       WHERE p.transaction_id >= ${of(span.firstTransactionId)}::bigint AND p.transaction_id IN (SELECT id FROM request)
         AND ${shows})
    SELECT json_strip_nulls(json_build_object(
             'put', 'SedRec', 'id', s.id, 'registrant', o.org_id, 'name', s.name, 'kind', s.kind,
             'sedFunction', s.sed_function, 'isInSvc', s.is_in_svc, 'ttl', s.ttl, 'order', s.naptr_order,
             'flags', s.flags, 'svcs', s.svcs, 'ere', s.ere, 'regxRepl', s.regx_repl, 'repl', s.repl,
             'hostName', s.host_name, 'uri', s.uri,
             'ipAddresses', (SELECT json_agg(json_build_object('version', a.version, 'addr', a.addr) ORDER BY a.position)
                               FROM sppp.sed_record_ip_addr a WHERE a.sed_record_id = s.id),
             'ext', s.ext, 'ownExt', s.own_ext))::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM candidate c
      JOIN sppp.sed_record s ON s.id = c.id
      JOIN sppp.organization o ON o.id = s.rant_id
     WHERE s.rant_id = ${asker}
        OR EXISTS (SELECT FROM sppp.sed_group_sed_record r JOIN sppp.sed_group g ON g.id = r.sed_group_id
                    WHERE r.sed_record_id = s.id AND (g.rant_id = ${asker} OR g.id = ANY (${mine}::bigint[])))
        OR EXISTS (SELECT FROM sppp.public_identifier_sed_record r
                     JOIN sppp.public_identifier p ON p.id = r.public_identifier_id
                    WHERE r.sed_record_id = s.id AND ${shows})
     ORDER BY s.id`;
  });
}

/** The asker's own, with those of their ingress groups that it sees. */
function egrRtes(span: Span): LineQuery {
  const { groups, groupsThen } = span.shares;
  return query((of) => {
    const asker = of(span.askerId);
    return `
    WITH ${requests(of, span)}
    SELECT json_strip_nulls(json_build_object(
             'put', 'EgrRte', 'id', e.id, 'registrant', o.org_id, 'name', e.name, 'pref', e.pref, 'ere', e.ere,
             'repl', e.repl, 'svcs', e.svcs,
             'sedGroups', (SELECT coalesce(json_agg(g.id ORDER BY i.position), '[]')
                             FROM sppp.egress_route_sed_group i JOIN sppp.sed_group g ON g.id = i.sed_group_id
                            WHERE i.egress_route_id = e.id
                              AND (g.rant_id = ${asker} OR g.id = ANY (${of(groups)}::bigint[]))),
             'ext', e.ext, 'ownExt', e.own_ext))::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM sppp.egress_route e JOIN sppp.organization o ON o.id = e.rant_id
     WHERE e.rant_id = ${asker}
       AND (${of(span.since)}::text IS NULL OR e.transaction_id IN (SELECT id FROM request)
            OR EXISTS (SELECT FROM sppp.egress_route_sed_group i
                        WHERE i.egress_route_id = e.id
                          AND i.sed_group_id = ANY (${of(without(groups, groupsThen))}::bigint[])))
     ORDER BY e.id`;
  });
}

/**
 * Public identifiers that may have changed for the asker: `candidate` (there still), `changed` (as they were), and `moving`
 * (spans that came into sight or went out of it, and change what the numbers below them must say).
 */
function moves(of: (value: unknown) => string, span: Span): string {
  const { served, servedThen } = span.shares;
  const asker = of(span.askerId);
  const [now, then] = [of(served), of(servedThen)];
  const turned = of([...without(served, servedThen), ...without(servedThen, served)]);
  const since = of(span.since);
  return `
    ${requests(of, span)},
    changed AS MATERIALIZED (
      SELECT identifier AS id, rant, value, span, destination_group, was_public FROM sppp.identifier_change
       WHERE xid >= ${of(span.fromXid)}::bigint AND sppp.is_after(xid, ${since}::pg_snapshot)),
    written AS MATERIALIZED (
      SELECT p.id FROM sppp.public_identifier p
       WHERE p.transaction_id >= ${of(span.firstTransactionId)}::bigint AND p.transaction_id IN (SELECT id FROM request)
      UNION SELECT id FROM changed),
    turned AS MATERIALIZED (
      SELECT m.public_identifier_id AS id FROM sppp.destination_group_member m
       WHERE m.destination_group_id = ANY (${turned}::bigint[])),
    moving AS MATERIALIZED (
      SELECT p.rant_id AS rant, p.span FROM turned t JOIN sppp.public_identifier p ON p.id = t.id
       WHERE p.span IS NOT NULL AND p.rant_id <> ${asker}
      UNION
      SELECT p.rant_id, p.span FROM written w JOIN sppp.public_identifier p ON p.id = w.id
       WHERE p.span IS NOT NULL AND p.rant_id <> ${asker}
         AND EXISTS (SELECT FROM sppp.destination_group_member m
                      WHERE m.public_identifier_id = p.id AND m.destination_group_id = ANY (${now}::bigint[]))
      UNION
      SELECT rant, span FROM changed WHERE span IS NOT NULL AND destination_group = ANY (${then}::bigint[])),
    below AS MATERIALIZED (
      SELECT p.id FROM moving s JOIN sppp.public_identifier p
          ON p.value >= lower(s.span) AND p.value < upper(s.span) AND p.kind = 'TN' AND p.rant_id = s.rant
      UNION
      SELECT p.id FROM moving s JOIN sppp.public_identifier p ON p.span && s.span AND p.rant_id = s.rant),
    only_below AS MATERIALIZED (
      SELECT id FROM below EXCEPT SELECT id FROM written EXCEPT SELECT id FROM turned),
    candidate AS (
      SELECT id FROM written UNION SELECT id FROM turned UNION SELECT id FROM only_below
      UNION
      SELECT p.id FROM sppp.public_identifier p WHERE ${since}::text IS NULL AND p.rant_id = ${asker}
      UNION
      SELECT r.public_identifier_id FROM sppp.public_identifier_sed_record r
       WHERE ${since}::text IS NULL AND NOT EXISTS (
             SELECT FROM sppp.destination_group_member m WHERE m.public_identifier_id = r.public_identifier_id)),
    shown AS (
      SELECT p.id, p.rant_id, p.kind, p.value, p.spelling, p.span, p.cor, g.destination_groups, r.sed_records
        FROM candidate c
        JOIN sppp.public_identifier p ON p.id = c.id
       CROSS JOIN LATERAL (
             SELECT json_agg(m.destination_group_id ORDER BY m.position)
                      FILTER (WHERE p.rant_id = ${asker} OR m.destination_group_id = ANY (${now}::bigint[]))
                      AS destination_groups,
                    count(*) AS groups
               FROM sppp.destination_group_member m WHERE m.public_identifier_id = p.id) g
       CROSS JOIN LATERAL (
             SELECT json_agg(json_build_object('id', x.sed_record_id, 'priority', x.priority) ORDER BY x.position)
                      AS sed_records
               FROM sppp.public_identifier_sed_record x
              WHERE x.public_identifier_id = p.id AND (p.rant_id = ${asker} OR g.groups = 0)) r),
    seen AS (
      SELECT s.*, NOT (s.rant_id = ${asker} OR destination_groups IS NOT NULL OR sed_records IS NOT NULL) AS is_exception
        FROM shown s
       WHERE s.rant_id = ${asker} OR destination_groups IS NOT NULL OR sed_records IS NOT NULL
          OR ${isBelowShared(now, 's.rant_id', 's.value', 's.span', 's.kind')})`;
}

/** Whether a less specific span of the registrant is shared, so that its peers have to know of the exception. */
function isBelowShared(now: string, rant: string, value: string, span: string, kind: string): string {
  const shared = `EXISTS (SELECT FROM sppp.destination_group_member m
                           WHERE m.public_identifier_id = w.id AND m.destination_group_id = ANY (${now}::bigint[]))`;
  return `(${kind} = 'TN' AND EXISTS (
             SELECT FROM sppp.public_identifier w WHERE w.span @> ${value} AND w.rant_id = ${rant} AND ${shared})
           OR ${span} IS NOT NULL AND EXISTS (
             SELECT FROM sppp.public_identifier w
              WHERE w.span && ${span} AND w.rant_id = ${rant} AND ${shared}
                AND sppp.is_more_specific(${span}, ${kind}, w.span, w.kind)))`;
}

function identifiers(span: Span): LineQuery {
  return query(
    (of) => `
    WITH ${moves(of, span)}
    SELECT CASE WHEN s.is_exception -- what it is in is not shared, only that it is not in the span
                THEN json_build_object('put', 'PubId', 'id', s.id, 'registrant', o.org_id, 'kind', s.kind,
                                       'value', s.value, 'isException', true)
                ELSE json_strip_nulls(json_build_object(
                  'put', 'PubId', 'id', s.id, 'registrant', o.org_id, 'kind', s.kind, 'value', s.value,
                  'spelling', s.spelling, 'cor', s.cor,
                  'destinationGroups', coalesce(s.destination_groups, '[]'),
                  'sedRecords', coalesce(s.sed_records, '[]'))) END::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM seen s JOIN sppp.organization o ON o.id = s.rant_id
     WHERE s.is_exception OR s.id NOT IN (SELECT id FROM only_below)
     ORDER BY s.id`,
  );
}

/** Those that the asker may know of and does not see any more. Memberships go with their groups, and are not told. */
function identifiersGone(span: Span): LineQuery {
  return query((of) => {
    const cte = moves(of, span);
    return `
    WITH ${cte}
    SELECT json_build_object('remove', 'PubId', 'id', id)::text AS line, NULL AS "orgId", NULL AS "rantId"
      FROM (SELECT c.id FROM changed c
             WHERE c.rant = ${of(span.askerId)} OR c.was_public
                OR c.destination_group = ANY (${of(span.shares.servedThen)}::bigint[])
                OR EXISTS (SELECT FROM moving s
                            WHERE s.rant = c.rant AND (s.span && c.span OR c.span IS NULL AND s.span @> c.value))
                OR EXISTS (SELECT FROM sppp.public_identifier w
                            WHERE w.rant_id = c.rant AND (w.span && c.span OR c.span IS NULL AND w.span @> c.value)
                              AND EXISTS (SELECT FROM sppp.destination_group_member m
                                           WHERE m.public_identifier_id = w.id
                                             AND m.destination_group_id = ANY (${of(span.shares.served)}::bigint[])))
            UNION SELECT id FROM only_below
            EXCEPT SELECT id FROM seen) gone
     ORDER BY id`;
  });
}
