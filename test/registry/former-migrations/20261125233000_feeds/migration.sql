-- Feeds: what an organization may see, from a snapshot on (docs/feeds.md). What changed between two moments is found by
-- the database transactions that one snapshot sees and the other does not: ids from sequences are not given in the order
-- of the commits, so no "greater than the last one" would be complete.
--
-- What is there is found by the request that wrote it last. What is gone, and who could see it, is written down here, by
-- statement; a load of new numbers writes nothing.

-- The database transaction that the request was committed with. Existing rows get the one of this migration.
ALTER TABLE sppp.transaction ADD COLUMN xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint);
CREATE INDEX transaction_xid ON sppp.transaction USING brin (xid) WITH (pages_per_range = 16, autosummarize = on);
CREATE INDEX public_identifier_transaction ON sppp.public_identifier
  USING brin (transaction_id) WITH (pages_per_range = 16, autosummarize = on);

-- Rows are named by their ids without reference, as they may be gone.

-- Public identifiers that were replaced or deleted, as they were: a row for each destination group, or one without.
CREATE TABLE sppp.identifier_change (
  id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid                  bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at           timestamptz NOT NULL DEFAULT now(),
  identifier           bigint NOT NULL,
  rant                 integer NOT NULL,
  value                text COLLATE "C" NOT NULL,
  span                 sppp.digit_range,
  destination_group    bigint,
  -- Whether everybody could see it: in no destination group, with SED records of its own (RFC 7877 §6.2).
  was_public           boolean NOT NULL
);
CREATE INDEX identifier_change_xid ON sppp.identifier_change
  USING brin (xid) WITH (pages_per_range = 16, autosummarize = on);

-- SED groups that got or lost a peer, or a destination group that they serve.
CREATE TABLE sppp.share_change (
  id                   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid                  bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at           timestamptz NOT NULL DEFAULT now(),
  sed_group            bigint NOT NULL,
  peer                 integer,
  destination_group    bigint,
  is_gain              boolean NOT NULL,
  CHECK (num_nonnulls(peer, destination_group) = 1)
);
CREATE INDEX share_change_xid ON sppp.share_change (xid);

-- Named objects that are gone.
CREATE TABLE sppp.object_gone (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  xid        bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
  changed_at timestamptz NOT NULL DEFAULT now(),
  noun       sppp.noun NOT NULL,
  object     bigint NOT NULL,
  rant       integer NOT NULL
);
CREATE INDEX object_gone_xid ON sppp.object_gone (xid);

-- Up to which transaction the three have been cleared; cursors from before are too old.
CREATE TABLE sppp.feed_horizon (
  id  integer PRIMARY KEY CHECK (id = 1),
  xid bigint NOT NULL
);
INSERT INTO sppp.feed_horizon (id, xid) VALUES (1, pg_current_xact_id()::text::bigint);

-- For a database that follows a feed: up to where.
CREATE TABLE sppp.feed_position (
  asker      text COLLATE "C" PRIMARY KEY,
  cursor     text COLLATE "C" NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
);

CREATE FUNCTION sppp.attest_identifiers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sppp.identifier_change (identifier, rant, value, span, destination_group, was_public)
  SELECT g.id, g.rant_id, g.value, g.span, m.destination_group_id,
         m.destination_group_id IS NULL
         AND EXISTS (SELECT FROM sppp.public_identifier_sed_record r WHERE r.public_identifier_id = g.id)
    FROM gone g
    LEFT JOIN sppp.destination_group_member m ON m.public_identifier_id = g.id;
  RETURN NULL;
END $$;
CREATE TRIGGER attest_update AFTER UPDATE ON sppp.public_identifier REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_identifiers();

-- What a deletion takes along is written down as it goes, which is cheaper than to look for it twice.
CREATE OR REPLACE FUNCTION sppp.cascade_public_identifier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  WITH lost AS (
    DELETE FROM sppp.destination_group_member m USING gone WHERE m.public_identifier_id = gone.id
    RETURNING m.public_identifier_id, m.destination_group_id)
  INSERT INTO sppp.identifier_change (identifier, rant, value, span, destination_group, was_public)
  SELECT g.id, g.rant_id, g.value, g.span, l.destination_group_id,
         l.destination_group_id IS NULL
         AND EXISTS (SELECT FROM sppp.public_identifier_sed_record r WHERE r.public_identifier_id = g.id)
    FROM gone g
    LEFT JOIN lost l ON l.public_identifier_id = g.id;
  DELETE FROM sppp.public_identifier_sed_record r USING gone WHERE r.public_identifier_id = gone.id;
  DELETE FROM sppp.cor_ruling r USING gone WHERE r.public_identifier_id = gone.id;
  RETURN NULL;
END $$;

CREATE FUNCTION sppp.attest_peers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO sppp.share_change (sed_group, peer, is_gain)
    SELECT sed_group_id, offered_to_id, false FROM gone WHERE status = 'accepted';
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO sppp.share_change (sed_group, peer, is_gain)
    SELECT sed_group_id, offered_to_id, true FROM written WHERE status = 'accepted';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER attest_insert AFTER INSERT ON sppp.sed_group_offer REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_peers();
CREATE TRIGGER attest_update AFTER UPDATE ON sppp.sed_group_offer REFERENCING OLD TABLE AS gone NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_peers();
CREATE TRIGGER attest_delete AFTER DELETE ON sppp.sed_group_offer REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_peers();

CREATE FUNCTION sppp.attest_served() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO sppp.share_change (sed_group, destination_group, is_gain)
    SELECT sed_group_id, destination_group_id, false FROM gone;
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO sppp.share_change (sed_group, destination_group, is_gain)
    SELECT sed_group_id, destination_group_id, true FROM written;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER attest_insert AFTER INSERT ON sppp.sed_group_dest_grp REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_served();
CREATE TRIGGER attest_update AFTER UPDATE ON sppp.sed_group_dest_grp REFERENCING OLD TABLE AS gone NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_served();
CREATE TRIGGER attest_delete AFTER DELETE ON sppp.sed_group_dest_grp REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_served();

CREATE FUNCTION sppp.attest_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO sppp.object_gone (noun, object, rant) SELECT TG_ARGV[0]::sppp.noun, id, rant_id FROM gone;
  RETURN NULL;
END $$;
CREATE TRIGGER attest_delete AFTER DELETE ON sppp.destination_group REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_gone('DestGrp');
CREATE TRIGGER attest_delete AFTER DELETE ON sppp.sed_record REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_gone('SedRec');
CREATE TRIGGER attest_delete AFTER DELETE ON sppp.sed_group REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_gone('SedGrp');
CREATE TRIGGER attest_delete AFTER DELETE ON sppp.egress_route REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.attest_gone('EgrRte');

-- Whether a snapshot did not see a transaction.
CREATE FUNCTION sppp.is_after(xid bigint, since pg_snapshot) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN NOT pg_visible_in_snapshot(xid::text::xid8, since);

-- Whether a look-up of a number that both hold takes the first: the narrower one, a range before a prefix of its width.
CREATE FUNCTION sppp.is_more_specific(span sppp.digit_range, kind sppp.public_identifier_kind,
                                      other_span sppp.digit_range, other_kind sppp.public_identifier_kind) RETURNS boolean
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE WHEN sppp.width(span) <> sppp.width(other_span) THEN sppp.width(span) < sppp.width(other_span)
              WHEN kind <> other_kind THEN kind < other_kind
              WHEN lower(span) <> lower(other_span) THEN lower(span) > lower(other_span)
              ELSE upper(span) < upper(other_span) END;
