-- Makes the tables of the 13 migrations that preceded the baseline what the baseline makes. Triggers and functions that
-- are renamed, merged or split are dropped here; prisma/sql makes all of them anew in the same transaction.

DO $$
DECLARE
  old record;
BEGIN
  FOR old IN
    SELECT g.tgname AS name, g.tgrelid::regclass AS "table"
      FROM pg_trigger g
      JOIN pg_class c ON c.oid = g.tgrelid AND c.relnamespace = 'sppp'::regnamespace
      JOIN pg_proc p ON p.oid = g.tgfoid AND p.pronamespace = 'sppp'::regnamespace
     WHERE NOT g.tgisinternal
  LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', old.name, old."table");
  END LOOP;
END $$;

DROP FUNCTION
  sppp.attest_all_numbers, sppp.attest_gone, sppp.attest_identifiers, sppp.attest_members, sppp.attest_numbers,
  sppp.attest_peers, sppp.attest_route, sppp.attest_served, sppp.by_source, sppp.delete_failures_of_transaction,
  sppp.end_feed_cursors, sppp.guard_transaction_body, sppp.guard_transaction_failure, sppp.here,
  sppp.keep_parent_of_deletions, sppp.keep_parent_of_numbers, sppp.places, sppp.places_between,
  sppp.refuse_orphan_of_public_identifier, sppp.restamp, sppp.settle, sppp.standing, sppp.tell_authority_changed,
  sppp.tell_numbers;
DROP VIEW sppp.answerable;

-- The exclusion constraint of carriers of record uses these: they keep their identity.
ALTER FUNCTION sppp.line_start RENAME TO interval_start;
ALTER FUNCTION sppp.line_end RENAME TO interval_end;
ALTER FUNCTION sppp.routing_numbers RENAME TO routing_number_offset;
ALTER FUNCTION sppp.number_line RENAME TO number_interval;

ALTER TABLE sppp.object_gone RENAME TO object_removal;
ALTER TABLE sppp.object_removal RENAME CONSTRAINT object_gone_pkey TO object_removal_pkey;
ALTER INDEX sppp.object_gone_xid RENAME TO object_removal_xid;
ALTER SEQUENCE sppp.object_gone_id_seq RENAME TO object_removal_id_seq;

ALTER TABLE sppp.place RENAME TO database_identity;
ALTER TABLE sppp.database_identity RENAME CONSTRAINT place_pkey TO database_identity_pkey;
ALTER TABLE sppp.database_identity RENAME CONSTRAINT place_id_check TO database_identity_id_check;
