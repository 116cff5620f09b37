-- What lets a node keep answers: numbers that are found at the same place are answered alike, as long as nothing else
-- that answers are made of has changed (docs/architecture.md).

-- Database transactions that changed what answers are made of besides public identifiers.
CREATE TABLE sppp.route_change (
  xid        bigint PRIMARY KEY DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at timestamptz NOT NULL DEFAULT now()
);

-- A statement that finds nothing to change is no change.
CREATE FUNCTION sppp.attest_route() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO sppp.route_change SELECT WHERE EXISTS (SELECT FROM gone) ON CONFLICT DO NOTHING;
  ELSIF TG_OP = 'TRUNCATE' THEN
    INSERT INTO sppp.route_change DEFAULT VALUES ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO sppp.route_change SELECT WHERE EXISTS (SELECT FROM written) ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

-- Destination groups are among them for their names; which numbers are in them is part of a number's place.
DO $$
DECLARE
  changing text;
BEGIN
  FOREACH changing IN ARRAY ARRAY['organization', 'destination_group', 'sed_group', 'sed_group_dest_grp',
    'sed_group_offer', 'sed_group_source_ident', 'sed_group_sed_record', 'sed_record', 'sed_record_ip_addr',
    'egress_route', 'egress_route_sed_group']
  LOOP
    EXECUTE format('CREATE TRIGGER route_insert AFTER INSERT ON sppp.%I REFERENCING NEW TABLE AS written
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_route()', changing);
    EXECUTE format('CREATE TRIGGER route_update AFTER UPDATE ON sppp.%I REFERENCING NEW TABLE AS written
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_route()', changing);
    EXECUTE format('CREATE TRIGGER route_delete AFTER DELETE ON sppp.%I REFERENCING OLD TABLE AS gone
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_route()', changing);
    EXECUTE format('CREATE TRIGGER route_truncate AFTER TRUNCATE ON sppp.%I
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_route()', changing);
  END LOOP;
END $$;

-- Whether there is a change that a snapshot did not see: of a transaction that began after it, or was under way.
CREATE FUNCTION sppp.has_route_changed(since pg_snapshot) RETURNS boolean
  LANGUAGE sql STABLE
  RETURN EXISTS (SELECT FROM sppp.route_change c WHERE c.xid >= pg_snapshot_xmax(since)::text::bigint)
         OR EXISTS (SELECT FROM pg_snapshot_xip(since) AS u(xid) JOIN sppp.route_change c ON c.xid = u.xid::text::bigint);

-- What this statement sees, to be asked with later on. A standby does not know what was under way: NULL.
CREATE FUNCTION sppp.route_snapshot() RETURNS pg_snapshot
  LANGUAGE sql STABLE
  RETURN CASE WHEN NOT pg_is_in_recovery() THEN pg_current_snapshot() END;

-- What answers to an identifier may come from: of each registrant the identifier itself, and the spans that hold it.
CREATE FUNCTION sppp.candidates(sought text)
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

-- Where identifiers are found, as a text that is the same for those that are answered alike: all candidates, each with
-- its registrant, what is said of the carrier of record, the span, and the destination groups with their positions.
-- Empty where nothing is found; NULL where a candidate is in no destination group, since records of its own may answer.
CREATE FUNCTION sppp.places(identifiers text[])
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
         CASE WHEN count(c.id) = count(m.groups)
              THEN coalesce(string_agg(concat(c.rant_id, CASE c.cor WHEN true THEN 'c' WHEN false THEN 't' ELSE ':' END,
                                              c.span_id || ':', m.groups), ';') FILTER (WHERE c.id IS NOT NULL), '') END
    FROM generate_series(1, cardinality(identifiers)) q(nth)
   CROSS JOIN LATERAL sppp.candidates(identifiers[q.nth]) c
   CROSS JOIN LATERAL (
         SELECT string_agg(t.position || '=' || t.destination_group_id, ',') AS groups
           FROM sppp.destination_group_member t WHERE t.public_identifier_id = c.id) m
   GROUP BY q.nth;
END $$;

-- Questions whose answers depend on the source: an SED group that an identifier leads to has criteria.
CREATE FUNCTION sppp.by_source(identifiers text[]) RETURNS TABLE (question integer)
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
                   JOIN sppp.destination_group_member m ON m.public_identifier_id = c.id
                   JOIN sppp.sed_group_dest_grp l ON l.destination_group_id = m.destination_group_id
                   JOIN sppp.sed_group_source_ident s ON s.sed_group_id = l.sed_group_id);
END $$;

-- The texts before, between and behind the identifier in what a pattern makes of it, where it takes the identifier as it
-- is; NULL where it has to be applied.
CREATE FUNCTION sppp.texts_around(ere text, repl text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN ere = '^(.*)$' AND strpos(replace(repl, E'\\1', ''), E'\\') = 0
              THEN string_to_array(repl, E'\\1') END;

CREATE OR REPLACE FUNCTION sppp.substitute(subject text, ere text, repl text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN sppp.texts_around(ere, repl) IS NOT NULL THEN replace(repl, E'\\1', subject)
              ELSE sppp.substitute_stepwise(subject, ere, repl, false) END;
