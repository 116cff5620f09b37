import { isNew, type LineQuery, lineQuery, type Pull, without } from './line-query.js';

/**
 * Public identifiers that may have changed for the asker: `candidate` (there still), `changed` (as they were), and `moving`
 * (spans that came into sight or went out of it, and change what the numbers below them must say).
 */
function moves(of: (value: unknown) => string, pull: Pull): string {
  const { served, servedThen, servedPerhaps } = pull.shares;
  const asker = of(pull.askerId);
  const [now, then] = [of(served), of(servedPerhaps)];
  const turned = of([...without(served, servedThen), ...without(servedPerhaps, served)]);
  const since = of(pull.since);
  return `
    changed AS MATERIALIZED (
      SELECT identifier AS id, rant, value, span, destination_group, was_public FROM sppp.identifier_change
       WHERE xid >= ${of(pull.fromXid)}::bigint AND sppp.is_after(xid, ${since}::pg_snapshot)),
    written AS MATERIALIZED (
      SELECT p.id FROM sppp.public_identifier p
       WHERE p.transaction_id >= ${of(pull.firstTransactionId)}::bigint AND ${isNew(of, pull, 'p.transaction_id')}
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
    candidate(id, is_only_below) AS (
      SELECT id, false FROM written UNION SELECT id, false FROM turned
      UNION SELECT id, ${since}::text IS NOT NULL FROM only_below
      UNION
      SELECT p.id, false FROM sppp.public_identifier p WHERE ${since}::text IS NULL AND p.rant_id = ${asker}
      UNION
      SELECT r.public_identifier_id, false FROM sppp.public_identifier_sed_record r
       WHERE ${since}::text IS NULL AND NOT EXISTS (
             SELECT FROM sppp.destination_group_member m WHERE m.public_identifier_id = r.public_identifier_id)),
    shown AS (
      SELECT p.id, p.rant_id, p.kind, p.value, nullif(sppp.spelled(p.spelling, p.value), p.value) AS spelling, p.span,
             p.cor, c.is_only_below, g.destination_groups, r.sed_records
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

/** Those that came into sight, changed there, or became exceptions. */
export function identifiers(pull: Pull): LineQuery {
  return lineQuery(
    (of) => `
    WITH ${moves(of, pull)}
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
     WHERE (s.is_exception OR NOT s.is_only_below)
       AND (o.suspended_at IS NULL OR o.id = ${of(pull.askerId)})
     ORDER BY s.id`,
  );
}

/** Identifiers that the asker may know and sees no longer. Memberships go with their groups and have no line. */
export function identifiersGone(pull: Pull): LineQuery {
  return lineQuery((of) => {
    const cte = moves(of, pull);
    return `
    WITH ${cte}
    SELECT json_build_object('remove', 'PubId', 'id', id)::text AS line, NULL AS "orgId", NULL AS "rantId"
      FROM (SELECT c.id FROM changed c
             WHERE c.rant = ${of(pull.askerId)} OR c.was_public
                OR c.destination_group = ANY (${of(pull.shares.servedPerhaps)}::bigint[])
                OR EXISTS (SELECT FROM moving s
                            WHERE s.rant = c.rant AND (s.span && c.span OR c.span IS NULL AND s.span @> c.value))
                OR EXISTS (SELECT FROM sppp.public_identifier w
                            WHERE w.rant_id = c.rant AND (w.span && c.span OR c.span IS NULL AND w.span @> c.value)
                              AND EXISTS (SELECT FROM sppp.destination_group_member m
                                           WHERE m.public_identifier_id = w.id
                                             AND m.destination_group_id = ANY (${of(pull.shares.served)}::bigint[])))
            UNION SELECT id FROM only_below
            EXCEPT SELECT id FROM seen) removed
     ORDER BY id`;
  });
}
