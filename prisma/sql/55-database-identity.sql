-- Restored and copied databases (docs/database.md).

CREATE OR REPLACE FUNCTION sppp.current_database_identity()
  RETURNS TABLE (system_identifier bigint, database bigint, journal bigint)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT c.system_identifier, d.oid::bigint, 'sppp.transaction'::regclass::oid::bigint
    FROM pg_control_system() c, pg_database d WHERE d.datname = current_database();
END;

-- Makes every logged change older than any snapshot from now on, and refuses all earlier cursors. Transaction numbers
-- below the oldest transaction in progress are older already.
CREATE OR REPLACE FUNCTION sppp.reset_change_log() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sppp.transaction SET xid = pg_current_xact_id()::text::bigint
   WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  TRUNCATE sppp.identifier_change, sppp.share_change, sppp.object_removal, sppp.route_change, sppp.primary_term;
  INSERT INTO sppp.route_change (first, last) VALUES ('', ''), ('', ':');
  UPDATE sppp.feed_horizon SET xid = pg_current_xact_id()::text::bigint;
END $$;

-- Resets the change log if the tables were made in another database, and returns whether they were.
CREATE OR REPLACE FUNCTION sppp.check_database_identity() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM sppp.current_database_identity() h
               JOIN sppp.database_identity p USING (system_identifier, database, journal)) THEN
    RETURN false;
  END IF;
  PERFORM sppp.reset_change_log();
  INSERT INTO sppp.database_identity (id, system_identifier, database, journal)
  SELECT 1, h.* FROM sppp.current_database_identity() h
  ON CONFLICT (id) DO UPDATE SET system_identifier = excluded.system_identifier, database = excluded.database,
    journal = excluded.journal, since = excluded.since;
  RETURN true;
END $$;
