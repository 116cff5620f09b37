-- Which database the transaction numbers (xid) in these tables are of. In a database that was restored from a dump, or
-- copied in another way than page by page, they are those of the one it was copied from, and say nothing about what a
-- snapshot saw (docs/feeds.md). A standby that is promoted and a server that is upgraded in place have them on.
CREATE TABLE sppp.place (
  id                integer PRIMARY KEY CHECK (id = 1),
  system_identifier bigint NOT NULL,
  database          bigint NOT NULL,
  -- The oid of sppp.transaction: a restore may make the tables anew in the same database.
  journal           bigint NOT NULL,
  since             timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION sppp.here() RETURNS TABLE (system_identifier bigint, database bigint, journal bigint)
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT c.system_identifier, d.oid::bigint, 'sppp.transaction'::regclass::oid::bigint
    FROM pg_control_system() c, pg_database d WHERE d.datname = current_database();
END;

-- Makes all that was written down a thing of the past for every snapshot from now on, and cursors from before too old.
-- Stamps below the oldest transaction that is under way are that already.
CREATE FUNCTION sppp.restamp() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sppp.transaction SET xid = pg_current_xact_id()::text::bigint
   WHERE xid >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
  TRUNCATE sppp.identifier_change, sppp.share_change, sppp.object_gone, sppp.route_change;
  INSERT INTO sppp.route_change (first, last) VALUES ('', ''), ('', ':');
  UPDATE sppp.feed_horizon SET xid = pg_current_xact_id()::text::bigint;
END $$;

-- Restamps where the tables have come from elsewhere, and says whether they have.
CREATE FUNCTION sppp.settle() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM sppp.here() h JOIN sppp.place p USING (system_identifier, database, journal)) THEN
    RETURN false;
  END IF;
  PERFORM sppp.restamp();
  INSERT INTO sppp.place (id, system_identifier, database, journal) SELECT 1, h.* FROM sppp.here() h
  ON CONFLICT (id) DO UPDATE SET system_identifier = excluded.system_identifier, database = excluded.database,
    journal = excluded.journal, since = excluded.since;
  RETURN true;
END $$;

-- A registry that was restored before it knew its place shows it by numbers that are not given yet.
DO $$
BEGIN
  IF EXISTS (SELECT FROM (SELECT xid FROM sppp.transaction
                          UNION ALL SELECT xid FROM sppp.identifier_change
                          UNION ALL SELECT xid FROM sppp.share_change
                          UNION ALL SELECT xid FROM sppp.object_gone
                          UNION ALL SELECT xid FROM sppp.route_change
                          UNION ALL SELECT xid FROM sppp.feed_horizon) stamp
              WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint) THEN
    PERFORM sppp.restamp();
  END IF;
END $$;
INSERT INTO sppp.place (id, system_identifier, database, journal) SELECT 1, h.* FROM sppp.here() h;
