-- Route keys: texts that are equal for identifiers that are answered alike, so that one answer serves them all
-- (docs/architecture.md).

-- The identifiers that answers to an identifier may come from: of each registrant the identifier itself, and the spans
-- that contain it.
CREATE OR REPLACE FUNCTION sppp.candidates(sought text)
  RETURNS TABLE (subject text, id bigint, rant_id integer, cor boolean, span_id bigint)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT r.subject, p.id, p.rant_id, p.cor, p.span_id
    FROM sppp.read_identifier(sought) r
    LEFT JOIN LATERAL (
         SELECT e.id, e.rant_id, e.cor, NULL::bigint AS span_id
           FROM sppp.public_identifier e WHERE e.value = r.value AND e.kind = r.kind
         UNION ALL
         SELECT s.id, s.rant_id, s.cor, s.id
           FROM sppp.public_identifier s WHERE r.kind = 'TN' AND s.span @> r.value) p ON true;
END;

-- The memberships of an identifier. OFFSET 0 keeps the planner from reading all there are for each identifier, as it would
-- where it expects none.
CREATE OR REPLACE FUNCTION sppp.memberships(identifier_id bigint) RETURNS TABLE (destination_group_id bigint, "position" integer)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT m.destination_group_id, m.position FROM sppp.destination_group_member m WHERE m.public_identifier_id = identifier_id
  OFFSET 0;
END;

-- The part of a route key that a candidate's membership in a destination group adds.
CREATE OR REPLACE FUNCTION sppp.route_key_part(rant_id integer, cor boolean, span_id bigint, "position" integer, group_id bigint) RETURNS text
  LANGUAGE sql STABLE
  RETURN concat(rant_id, CASE cor WHEN true THEN 'c' WHEN false THEN 't' ELSE ':' END, span_id || ':', "position", '=',
                group_id);

-- The route keys of identifiers: all candidates, each with its registrant, whether it is carrier of record, the span, and
-- its destination groups with their positions. Empty if there is no candidate. NULL if one is in no destination group,
-- since records of its own may answer.
CREATE OR REPLACE FUNCTION sppp.route_keys(identifiers text[])
  RETURNS TABLE (question integer, subject text, route_key text)
  LANGUAGE plpgsql STABLE ROWS 16
  SET search_path = '' SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1 SET jit = off
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET enable_memoize = off SET enable_material = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT q.nth, min(c.subject),
         CASE WHEN count(c.id) = count(m.position)
              THEN coalesce(string_agg(sppp.route_key_part(c.rant_id, c.cor, c.span_id, m.position, m.destination_group_id), ';')
                              FILTER (WHERE c.id IS NOT NULL), '') END
    FROM generate_series(1, cardinality(identifiers)) q(nth)
   CROSS JOIN LATERAL sppp.candidates(identifiers[q.nth]) c
    LEFT JOIN LATERAL sppp.memberships(c.id) m ON true
   GROUP BY q.nth;
END $$;

-- The route keys of all numbers of a length from the lowest to the highest: numbers that are identifiers have a row each,
-- and all others share a row without a number. Where a span contains only some of the numbers, each has a row.
CREATE OR REPLACE FUNCTION sppp.route_keys_between(lowest text, highest text) RETURNS TABLE (number text, route_key text)
  LANGUAGE plpgsql STABLE ROWS 1000
  SET search_path = '' SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1 SET jit = off
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET enable_memoize = off SET enable_material = off
AS $$
#variable_conflict use_column
DECLARE
  block   sppp.digit_range := sppp.digit_range(lowest, highest, '[]');
  numbers text[];
  others  text;
BEGIN
  IF EXISTS (SELECT FROM sppp.public_identifier s WHERE s.span && block AND NOT s.span @> block) THEN
    numbers := ARRAY(SELECT lpad(n::text, length(lowest), '0') FROM generate_series(lowest::bigint, highest::bigint) n);
    RETURN QUERY SELECT numbers[k.question], k.route_key FROM sppp.route_keys(numbers) k;
    RETURN;
  END IF;
  SELECT CASE WHEN count(*) = count(m.position)
              THEN coalesce(string_agg(sppp.route_key_part(s.rant_id, s.cor, s.id, m.position, m.destination_group_id), ';'), '') END
    INTO others
    FROM sppp.public_identifier s
    LEFT JOIN LATERAL sppp.memberships(s.id) m ON true
   WHERE s.span @> block;
  RETURN QUERY
  SELECT e.value,
         CASE WHEN count(*) = count(m.position) AND others IS NOT NULL
              THEN concat_ws(';', string_agg(sppp.route_key_part(e.rant_id, e.cor, NULL, m.position, m.destination_group_id), ';'),
                             nullif(others, '')) END
    FROM sppp.public_identifier e
    LEFT JOIN LATERAL sppp.memberships(e.id) m ON true
   WHERE e.value BETWEEN lowest AND highest AND e.kind = 'TN' AND length(e.value) = length(lowest)
   GROUP BY e.value
   UNION ALL
  SELECT NULL, others;
END $$;

-- The questions whose answers depend on the source: an SED group that an identifier leads to has criteria.
CREATE OR REPLACE FUNCTION sppp.questions_by_source(identifiers text[]) RETURNS TABLE (question integer)
  LANGUAGE plpgsql STABLE ROWS 16
  SET search_path = '' SET plan_cache_mode = force_generic_plan SET join_collapse_limit = 1 SET jit = off
  SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off
  SET enable_memoize = off SET enable_material = off
AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  SELECT q.nth
    FROM generate_series(1, cardinality(identifiers)) q(nth)
   WHERE EXISTS (SELECT FROM sppp.candidates(identifiers[q.nth]) c
                  CROSS JOIN LATERAL sppp.memberships(c.id) m
                   JOIN sppp.sed_group_dest_grp l ON l.destination_group_id = m.destination_group_id
                   JOIN sppp.sed_group_source_ident s ON s.sed_group_id = l.sed_group_id);
END $$;
