-- What lets a node cache answers and route keys: sppp.route_change names the changes that a cache has not seen
-- (docs/architecture.md).

-- Changes of anything but public identifiers. A statement that changes no row is no change.
CREATE OR REPLACE FUNCTION sppp.log_route_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    INSERT INTO sppp.route_change SELECT WHERE EXISTS (SELECT FROM old_rows) ON CONFLICT DO NOTHING;
  ELSIF TG_OP = 'TRUNCATE' THEN
    INSERT INTO sppp.route_change DEFAULT VALUES ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO sppp.route_change SELECT WHERE EXISTS (SELECT FROM new_rows) ON CONFLICT DO NOTHING;
  END IF;
  RETURN NULL;
END $$;

-- Destination groups are among the tables because answers have their names. Memberships are not: they are part of the
-- route keys of numbers.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['organization', 'destination_group', 'sed_group', 'sed_group_dest_grp',
    'sed_group_offer', 'sed_group_source_ident', 'sed_group_sed_record', 'sed_record', 'sed_record_ip_addr',
    'egress_route', 'egress_route_sed_group']
  LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER route_insert AFTER INSERT ON sppp.%I REFERENCING NEW TABLE AS new_rows
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_route_change()', name);
    EXECUTE format('CREATE OR REPLACE TRIGGER route_update AFTER UPDATE ON sppp.%I REFERENCING NEW TABLE AS new_rows
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_route_change()', name);
    EXECUTE format('CREATE OR REPLACE TRIGGER route_delete AFTER DELETE ON sppp.%I REFERENCING OLD TABLE AS old_rows
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_route_change()', name);
    EXECUTE format('CREATE OR REPLACE TRIGGER route_truncate AFTER TRUNCATE ON sppp.%I
                      FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_route_change()', name);
  END LOOP;
END $$;

-- Changes of public identifiers that are numbers, by how long they are, or spans.
CREATE OR REPLACE FUNCTION sppp.log_number_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sppp.route_change (first, last)
  SELECT coalesce(min(lower(span)), min(value)), coalesce(max(upper(span)), max(value))
    FROM changed_rows WHERE kind = 'TN' OR span IS NOT NULL
   GROUP BY CASE WHEN span IS NULL THEN length(value) END
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER number_insert AFTER INSERT ON sppp.public_identifier REFERENCING NEW TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_number_changes();
CREATE OR REPLACE TRIGGER number_update_from AFTER UPDATE ON sppp.public_identifier
  REFERENCING OLD TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_number_changes();
CREATE OR REPLACE TRIGGER number_update_to AFTER UPDATE ON sppp.public_identifier
  REFERENCING NEW TABLE AS changed_rows FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_number_changes();
CREATE OR REPLACE TRIGGER number_delete AFTER DELETE ON sppp.public_identifier REFERENCING OLD TABLE AS changed_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_number_changes();

-- Logs a change of identifiers that exist. If they are more than 10,000, it logs that anything may have changed: that is
-- cheaper. So nobody collects more than 10,001 for it.
-- The limits leave none out; without the first, the query is planned anew for each call (sppp.lock_public_identifiers), and the
-- second keeps PostgreSQL from entering the table but by the ids.
CREATE OR REPLACE FUNCTION sppp.log_numbers_of(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(ids) > 10000 THEN
    INSERT INTO sppp.route_change (first, last) VALUES ('', ':') ON CONFLICT DO NOTHING;
  ELSE
    INSERT INTO sppp.route_change (first, last)
    SELECT coalesce(min(lower(span)), min(value)), coalesce(max(upper(span)), max(value))
      FROM (SELECT * FROM unnest(ids) LIMIT cardinality(ids)) each (id)
     CROSS JOIN LATERAL (SELECT kind, value, span FROM sppp.public_identifier WHERE id = each.id LIMIT 1) p
     WHERE kind = 'TN' OR span IS NOT NULL
     GROUP BY CASE WHEN span IS NULL THEN length(value) END
    ON CONFLICT DO NOTHING;
  END IF;
END $$;

-- Memberships that end by themselves, or move from one identifier to another. Those that go with their identifier or with
-- their destination group are logged with it (sppp.log_number_changes, sppp.cascade_destination_group).
CREATE OR REPLACE FUNCTION sppp.log_membership_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.log_numbers_of(array_agg(public_identifier_id))
     FROM (SELECT public_identifier_id FROM old_rows LIMIT 10001) each HAVING count(*) > 0;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER number_update AFTER UPDATE ON sppp.destination_group_member
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_membership_changes();
CREATE OR REPLACE TRIGGER number_delete AFTER DELETE ON sppp.destination_group_member
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT WHEN (pg_trigger_depth() = 0)
  EXECUTE FUNCTION sppp.log_membership_changes();

CREATE OR REPLACE FUNCTION sppp.log_change_of_all_numbers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sppp.route_change (first, last) VALUES ('', ':') ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER number_truncate AFTER TRUNCATE ON sppp.destination_group_member
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_change_of_all_numbers();
-- Databases that were made before have it: it logged all numbers for each deletion of a group.
DROP TRIGGER IF EXISTS number_delete ON sppp.destination_group;

-- The snapshot of this statement, for a later sppp.changes_since. On a standby PostgreSQL leaves the transactions in
-- progress out of it, and only its xmin says that they may be there. So there it is a snapshot that has seen nothing from
-- xmin on: a change behind a transaction in progress is told again until that ends, and none is left out.
CREATE OR REPLACE FUNCTION sppp.route_snapshot() RETURNS pg_snapshot
  LANGUAGE sql STABLE
  RETURN CASE WHEN pg_is_in_recovery()
              THEN format('%1$s:%1$s:', pg_snapshot_xmin(pg_current_snapshot()))::pg_snapshot
              ELSE pg_current_snapshot() END;

-- The changes that a snapshot did not see, as pairs of first and last; NULL if there are none. If they are very many, it
-- says that anything may have changed: that is cheaper.
CREATE OR REPLACE FUNCTION sppp.changes_since(since pg_snapshot) RETURNS json
  LANGUAGE sql STABLE
  RETURN (SELECT CASE WHEN count(*) > 1000 THEN '[["", ""], ["", ":"]]' ELSE json_agg(json_build_array(first, last)) END
            FROM (SELECT c.first, c.last FROM sppp.route_change c WHERE c.xid >= pg_snapshot_xmax(since)::text::bigint
                  UNION ALL
                  SELECT c.first, c.last FROM pg_snapshot_xip(since) AS u(xid)
                    JOIN sppp.route_change c ON c.xid = u.xid::text::bigint
                  LIMIT 1001) each);
