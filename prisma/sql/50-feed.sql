-- Feeds (docs/feeds.md): the changes that objects themselves do not show are logged here, by statement.

-- Replaced identifiers, as they were. Deleted ones: sppp.cascade_public_identifier.
CREATE OR REPLACE FUNCTION sppp.log_identifier_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sppp.identifier_change (identifier, rant, value, span, destination_group, was_public)
  SELECT o.id, o.rant_id, o.value, o.span, m.destination_group_id,
         m.destination_group_id IS NULL
         AND (SELECT true FROM sppp.public_identifier_sed_record r WHERE r.public_identifier_id = o.id LIMIT 1) IS NOT NULL
    FROM old_rows o
    LEFT JOIN LATERAL (SELECT destination_group_id FROM sppp.destination_group_member WHERE public_identifier_id = o.id
                       OFFSET 0) m ON true;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER feed_update AFTER UPDATE ON sppp.public_identifier REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_identifier_changes();

-- Peers that an SED group got or lost.
CREATE OR REPLACE FUNCTION sppp.log_peer_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO sppp.share_change (sed_group, peer, is_gain)
    SELECT sed_group_id, offered_to_id, false FROM old_rows WHERE status = 'accepted';
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO sppp.share_change (sed_group, peer, is_gain)
    SELECT sed_group_id, offered_to_id, true FROM new_rows WHERE status = 'accepted';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER feed_insert AFTER INSERT ON sppp.sed_group_offer REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_peer_changes();
CREATE OR REPLACE TRIGGER feed_update AFTER UPDATE ON sppp.sed_group_offer
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_peer_changes();
CREATE OR REPLACE TRIGGER feed_delete AFTER DELETE ON sppp.sed_group_offer REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_peer_changes();

-- Destination groups that an SED group got or lost.
CREATE OR REPLACE FUNCTION sppp.log_dest_grp_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO sppp.share_change (sed_group, destination_group, is_gain)
    SELECT sed_group_id, destination_group_id, false FROM old_rows;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO sppp.share_change (sed_group, destination_group, is_gain)
    SELECT sed_group_id, destination_group_id, true FROM new_rows;
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER feed_insert AFTER INSERT ON sppp.sed_group_dest_grp REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_dest_grp_changes();
CREATE OR REPLACE TRIGGER feed_update AFTER UPDATE ON sppp.sed_group_dest_grp
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_dest_grp_changes();
CREATE OR REPLACE TRIGGER feed_delete AFTER DELETE ON sppp.sed_group_dest_grp REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_dest_grp_changes();

CREATE OR REPLACE FUNCTION sppp.log_object_removals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sppp.object_removal (noun, object, rant) SELECT TG_ARGV[0]::sppp.noun, id, rant_id FROM old_rows;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER feed_delete AFTER DELETE ON sppp.destination_group REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_object_removals('DestGrp');
CREATE OR REPLACE TRIGGER feed_delete AFTER DELETE ON sppp.sed_record REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_object_removals('SedRec');
CREATE OR REPLACE TRIGGER feed_delete AFTER DELETE ON sppp.sed_group REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_object_removals('SedGrp');
CREATE OR REPLACE TRIGGER feed_delete AFTER DELETE ON sppp.egress_route REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.log_object_removals('EgrRte');

-- A cursor does not know suspensions: when one begins or ends, every subscriber takes a new snapshot.
CREATE OR REPLACE FUNCTION sppp.expire_feed_cursors() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE sppp.feed_horizon SET xid = pg_current_xact_id()::text::bigint;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER expire_feed_cursors AFTER UPDATE OF suspended_at ON sppp.organization
  FOR EACH ROW WHEN (OLD.suspended_at IS DISTINCT FROM NEW.suspended_at) EXECUTE FUNCTION sppp.expire_feed_cursors();

-- Records how far the log of this primary reaches, and returns its term. Only a primary can.
CREATE OR REPLACE FUNCTION sppp.record_log_position() RETURNS sppp.primary_term LANGUAGE plpgsql AS $$
DECLARE
  term sppp.primary_term;
BEGIN
  UPDATE sppp.primary_term t SET lsn = greatest(t.lsn, pg_current_wal_insert_lsn())
   WHERE t.started_at = pg_postmaster_start_time() RETURNING t.* INTO term;
  IF NOT FOUND THEN
    INSERT INTO sppp.primary_term AS t (started_at, lsn) VALUES (pg_postmaster_start_time(), pg_current_wal_insert_lsn())
    ON CONFLICT (started_at) DO UPDATE SET lsn = greatest(t.lsn, excluded.lsn) RETURNING t.* INTO term;
  END IF;
  RETURN term;
END $$;

-- Whether a snapshot did not see a transaction.
CREATE OR REPLACE FUNCTION sppp.is_after(xid bigint, since pg_snapshot) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN NOT pg_visible_in_snapshot(xid::text::xid8, since);

-- Whether a look-up of a number in both spans takes the first: the narrower one; of two equally wide ones, the range.
CREATE OR REPLACE FUNCTION sppp.is_more_specific(span sppp.digit_range, kind sppp.public_identifier_kind,
                                                 other_span sppp.digit_range, other_kind sppp.public_identifier_kind)
  RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN sppp.width(span) <> sppp.width(other_span) THEN sppp.width(span) < sppp.width(other_span)
              WHEN kind <> other_kind THEN kind < other_kind
              WHEN lower(span) <> lower(other_span) THEN lower(span) > lower(other_span)
              ELSE upper(span) < upper(other_span) END;
