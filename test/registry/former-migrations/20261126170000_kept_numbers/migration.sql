-- What lets a node keep where numbers are found, block by block, until something changes there (docs/architecture.md).

-- Two empty texts stand for a change of something else than identifiers. Others tell where identifiers changed that
-- numbers are found by: numbers of the same length from `first` to `last`; or all that lies in spans from `first` up to
-- `last`, which then has a colon at its end.
ALTER TABLE sppp.route_change
  ADD COLUMN first text COLLATE "C" NOT NULL DEFAULT '',
  ADD COLUMN last  text COLLATE "C" NOT NULL DEFAULT '',
  DROP CONSTRAINT route_change_pkey,
  ADD PRIMARY KEY (xid, first, last);

CREATE FUNCTION sppp.attest_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sppp.route_change (first, last)
  SELECT min(value), max(value) FROM touched WHERE kind = 'TN' GROUP BY length(value)
  UNION ALL
  SELECT min(lower(span)), max(upper(span)) FROM touched HAVING count(span) > 0
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER number_insert AFTER INSERT ON sppp.public_identifier REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_numbers();
CREATE TRIGGER number_update_from AFTER UPDATE ON sppp.public_identifier REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_numbers();
CREATE TRIGGER number_update_to AFTER UPDATE ON sppp.public_identifier REFERENCING NEW TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_numbers();
CREATE TRIGGER number_delete AFTER DELETE ON sppp.public_identifier REFERENCING OLD TABLE AS touched
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_numbers();

-- Tells of identifiers that are there. Of very many it is cheaper to say that anything may have changed.
CREATE FUNCTION sppp.tell_numbers(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(ids) > 10000 THEN
    INSERT INTO sppp.route_change (first, last) VALUES ('', ':') ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO sppp.route_change (first, last)
    SELECT min(value), max(value) FROM sppp.public_identifier WHERE id = ANY (ids) AND kind = 'TN' GROUP BY length(value)
    UNION ALL
    SELECT min(lower(span)), max(upper(span)) FROM sppp.public_identifier WHERE id = ANY (ids) HAVING count(span) > 0
    ON CONFLICT DO NOTHING;
  END IF;
END $$;

-- As before, and gives those that this transaction has not written itself.
DROP FUNCTION sppp.refuse_orphan_of_public_identifier;
CREATE FUNCTION sppp.refuse_orphan_of_public_identifier(child text, ids bigint[]) RETURNS bigint[] LANGUAGE plpgsql AS $$
DECLARE
  missing bigint;
  others  bigint[];
BEGIN
  WITH found AS (SELECT p.id, t.id IS NOT NULL AS ours
                   FROM sppp.public_identifier p
                   LEFT JOIN sppp.transaction t ON t.id = p.transaction_id AND t.xmin = pg_current_xact_id()::xid
                  WHERE p.id = ANY (ids)),
       held AS (SELECT id FROM sppp.public_identifier
                 WHERE id IN (SELECT id FROM found WHERE NOT ours) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(DISTINCT u) FROM unnest(ids) u)
       - (SELECT count(*) FROM found WHERE ours) - (SELECT count(*) FROM held), (SELECT array_agg(id) FROM held)
    INTO missing, others;
  PERFORM sppp.refuse_orphans(child || ' to public_identifier', missing);
  RETURN others;
END $$;

-- As before, and tells of the others: of what this transaction has written it has told already.
CREATE OR REPLACE FUNCTION sppp.guard_destination_group_member() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  missing bigint;
  others  bigint[];
BEGIN
  WITH wanted AS (SELECT DISTINCT destination_group_id AS id FROM written),
       held AS (SELECT id FROM sppp.destination_group WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('destination_group_member to destination_group', missing);
  others := sppp.refuse_orphan_of_public_identifier(
    'destination_group_member', (SELECT coalesce(array_agg(public_identifier_id), '{}') FROM written));
  IF others IS NOT NULL THEN
    PERFORM sppp.tell_numbers(others);
  END IF;
  RETURN NULL;
END $$;

-- Memberships that end by themselves, or move from one identifier to another. Those that go with their identifier are
-- told of as it goes, and those that go with a destination group as that goes.
CREATE FUNCTION sppp.attest_members() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.tell_numbers(array_agg(public_identifier_id)) FROM gone HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE TRIGGER number_update AFTER UPDATE ON sppp.destination_group_member REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_members();
CREATE TRIGGER number_delete AFTER DELETE ON sppp.destination_group_member REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION sppp.attest_members();

CREATE FUNCTION sppp.attest_all_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO sppp.route_change (first, last) SELECT '', ':' WHERE EXISTS (SELECT FROM gone) ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO sppp.route_change (first, last) VALUES ('', ':') ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER number_delete AFTER DELETE ON sppp.destination_group REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_all_numbers();
CREATE TRIGGER number_truncate AFTER TRUNCATE ON sppp.destination_group_member
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_all_numbers();

-- The changes that a snapshot did not see, as pairs of first and last; NULL if there are none. Of very many it is cheaper
-- to say that anything may have changed.
CREATE FUNCTION sppp.changes_since(since pg_snapshot) RETURNS json
  LANGUAGE sql STABLE
  RETURN (SELECT CASE WHEN count(*) > 1000 THEN '[["", ""], ["", ":"]]' ELSE json_agg(json_build_array(first, last)) END
            FROM (SELECT c.first, c.last FROM sppp.route_change c WHERE c.xid >= pg_snapshot_xmax(since)::text::bigint
                  UNION ALL
                  SELECT c.first, c.last FROM pg_snapshot_xip(since) AS u(xid)
                    JOIN sppp.route_change c ON c.xid = u.xid::text::bigint
                  LIMIT 1001) each);
DROP FUNCTION sppp.has_route_changed;

-- What being in a destination group adds to the place of a candidate.
CREATE FUNCTION sppp.standing(rant_id integer, cor boolean, span_id bigint, "position" integer, group_id bigint) RETURNS text
  LANGUAGE sql STABLE
  RETURN concat(rant_id, CASE cor WHEN true THEN 'c' WHEN false THEN 't' ELSE ':' END, span_id || ':', "position", '=',
                group_id);

-- As before, but that each destination group stands by itself.
CREATE OR REPLACE FUNCTION sppp.places(identifiers text[])
  RETURNS TABLE (question integer, subject text, place text)
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
              THEN coalesce(string_agg(sppp.standing(c.rant_id, c.cor, c.span_id, m.position, m.destination_group_id), ';')
                              FILTER (WHERE c.id IS NOT NULL), '') END
    FROM generate_series(1, cardinality(identifiers)) q(nth)
   CROSS JOIN LATERAL sppp.candidates(identifiers[q.nth]) c
    LEFT JOIN sppp.destination_group_member m ON m.public_identifier_id = c.id
   GROUP BY q.nth;
END $$;

-- The places of all numbers of a length from the lowest to the highest: of those that are there by themselves, and of all
-- others under no number; or, where spans hold some of them only, of each.
CREATE FUNCTION sppp.places_between(lowest text, highest text) RETURNS TABLE (number text, place text)
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
    RETURN QUERY SELECT numbers[p.question], p.place FROM sppp.places(numbers) p;
    RETURN;
  END IF;
  SELECT CASE WHEN count(*) = count(m.position)
              THEN coalesce(string_agg(sppp.standing(s.rant_id, s.cor, s.id, m.position, m.destination_group_id), ';'), '') END
    INTO others
    FROM sppp.public_identifier s
    LEFT JOIN sppp.destination_group_member m ON m.public_identifier_id = s.id
   WHERE s.span @> block;
  RETURN QUERY
  SELECT e.value,
         CASE WHEN count(*) = count(m.position) AND others IS NOT NULL
              THEN concat_ws(';', string_agg(sppp.standing(e.rant_id, e.cor, NULL, m.position, m.destination_group_id), ';'),
                             nullif(others, '')) END
    FROM sppp.public_identifier e
    LEFT JOIN sppp.destination_group_member m ON m.public_identifier_id = e.id
   WHERE e.value BETWEEN lowest AND highest AND e.kind = 'TN' AND length(e.value) = length(lowest)
   GROUP BY e.value
   UNION ALL
  SELECT NULL, others;
END $$;
