-- References of the bulk tables, on the children's side. As a foreign key would, a guard sees that each distinct parent
-- exists, and locks it (FOR KEY SHARE) until the end of the transaction. Identifiers that the same transaction has
-- written need no lock. INSERT … ON CONFLICT DO UPDATE calls the guards of both kinds, one of them often without a row.
--
-- What follows suits any number of rows, whatever PostgreSQL expects. Of a table whose rows were all deleted and vacuumed it
-- expects none until it is analyzed again, and would join such a table to a list by reading the list for each row of the
-- table. So tables are entered by arrays of keys, or by subqueries for one key each; lists are joined by FULL JOIN, which is
-- never a loop.

CREATE OR REPLACE FUNCTION sppp.refuse_orphans(child text, missing bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF missing > 0 THEN
    RAISE foreign_key_violation USING MESSAGE = format('%s: %s parent row(s) missing', child, missing);
  END IF;
END $$;

-- Locks public identifiers, and returns those that this transaction has not written. An identifier is this transaction's
-- if its journal row is: no other transaction can see that row, let alone name it.
--
-- Few that are all its own, as those of a small request, are found by a query that is planned once. The other query is
-- planned anew for each call, which takes longer than running it for one identifier. The limit leaves none out: with it
-- PostgreSQL expects as few of any array as of a short one.
CREATE OR REPLACE FUNCTION sppp.lock_public_identifiers(child text, ids bigint[]) RETURNS bigint[]
  LANGUAGE plpgsql AS $$
DECLARE
  present bigint;
  others  bigint[];
  locked  bigint;
BEGIN
  IF cardinality(ids) = 0 THEN
    RETURN NULL;
  END IF;
  IF cardinality(ids) <= 32 AND NOT EXISTS (
       SELECT FROM (SELECT * FROM unnest(ids) LIMIT cardinality(ids)) wanted (id)
        WHERE (SELECT (SELECT t.xmin FROM sppp.transaction t WHERE t.id = p.transaction_id)
                 FROM sppp.public_identifier p WHERE p.id = wanted.id) IS DISTINCT FROM pg_current_xact_id()::xid) THEN
    RETURN NULL;
  END IF;
  WITH each AS MATERIALIZED (SELECT id, transaction_id FROM sppp.public_identifier WHERE id = ANY (ids)),
       own AS (SELECT transaction_id FROM (SELECT DISTINCT transaction_id FROM each) writer
                WHERE (SELECT t.xmin FROM sppp.transaction t WHERE t.id = writer.transaction_id) = pg_current_xact_id()::xid)
  SELECT count(*), array_agg(id) FILTER (WHERE transaction_id NOT IN (SELECT transaction_id FROM own))
    INTO present, others FROM each;
  WITH each AS (SELECT FROM sppp.public_identifier WHERE id = ANY (others) ORDER BY id FOR KEY SHARE)
  SELECT count(*) INTO locked FROM each;
  PERFORM sppp.refuse_orphans(child || ' to public_identifier',
    (SELECT count(DISTINCT u) FROM unnest(ids) u) - present + coalesce(cardinality(others), 0) - locked);
  RETURN others;
END $$;

CREATE OR REPLACE FUNCTION sppp.guard_public_identifier() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;
  WITH wanted AS (SELECT DISTINCT unnest(ARRAY[rant_id, coalesce(rar_id, rant_id)]) AS id FROM new_rows),
       locked AS (SELECT id FROM sppp.organization WHERE id = ANY (ARRAY(SELECT id FROM wanted)) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM locked) INTO missing;
  PERFORM sppp.refuse_orphans('public_identifier to organization', missing);
  WITH wanted AS (SELECT DISTINCT transaction_id AS id FROM new_rows),
       locked AS (SELECT id FROM sppp.transaction WHERE id = ANY (ARRAY(SELECT id FROM wanted)) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM locked) INTO missing;
  PERFORM sppp.refuse_orphans('public_identifier to transaction', missing);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.public_identifier REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.public_identifier REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier();

-- A membership changes the route key of its identifier. That is logged for identifiers of other transactions; for its
-- own, this transaction has logged it already.
CREATE OR REPLACE FUNCTION sppp.guard_destination_group_member() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  missing bigint;
  others  bigint[];
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;
  WITH wanted AS (SELECT DISTINCT destination_group_id AS id FROM new_rows),
       locked AS (SELECT id FROM sppp.destination_group WHERE id = ANY (ARRAY(SELECT id FROM wanted)) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM locked) INTO missing;
  PERFORM sppp.refuse_orphans('destination_group_member to destination_group', missing);
  others := sppp.lock_public_identifiers(
    'destination_group_member', (SELECT coalesce(array_agg(public_identifier_id), '{}') FROM new_rows));
  IF others IS NOT NULL THEN
    PERFORM sppp.log_numbers_of(others);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.destination_group_member REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_destination_group_member();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.destination_group_member REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_destination_group_member();

CREATE OR REPLACE FUNCTION sppp.guard_public_identifier_sed_record() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows) THEN
    RETURN NULL;
  END IF;
  WITH wanted AS (SELECT DISTINCT sed_record_id AS id FROM new_rows),
       locked AS (SELECT id FROM sppp.sed_record WHERE id = ANY (ARRAY(SELECT id FROM wanted)) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM locked) INTO missing;
  PERFORM sppp.refuse_orphans('public_identifier_sed_record to sed_record', missing);
  PERFORM sppp.lock_public_identifiers(
    'public_identifier_sed_record', (SELECT coalesce(array_agg(public_identifier_id), '{}') FROM new_rows));
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.public_identifier_sed_record REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier_sed_record();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.public_identifier_sed_record REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_public_identifier_sed_record();

CREATE OR REPLACE FUNCTION sppp.guard_cor_ruling() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.lock_public_identifiers(
    'cor_ruling', (SELECT coalesce(array_agg(public_identifier_id), '{}') FROM new_rows));
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.cor_ruling REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_cor_ruling();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.cor_ruling REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_cor_ruling();

CREATE OR REPLACE FUNCTION sppp.guard_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT rant_id AS id FROM new_rows),
       locked AS (SELECT id FROM sppp.organization WHERE id = ANY (ARRAY(SELECT id FROM wanted)) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM locked) INTO missing;
  PERFORM sppp.refuse_orphans('deletion to organization', missing);
  WITH wanted AS (SELECT DISTINCT transaction_id AS id FROM new_rows),
       locked AS (SELECT id FROM sppp.transaction WHERE id = ANY (ARRAY(SELECT id FROM wanted)) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM locked) INTO missing;
  PERFORM sppp.refuse_orphans('deletion to transaction', missing);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.deletion REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_deletion();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.deletion REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_deletion();

-- Statements write rows of this table seldom, and call a guard of statements always.
CREATE OR REPLACE FUNCTION sppp.guard_transaction_code() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM sppp.transaction WHERE id = NEW.transaction_id FOR KEY SHARE;
  IF NOT FOUND THEN
    PERFORM sppp.refuse_orphans('transaction_code to transaction', 1);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.transaction_code
  FOR EACH ROW EXECUTE FUNCTION sppp.guard_transaction_code();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.transaction_code
  FOR EACH ROW EXECUTE FUNCTION sppp.guard_transaction_code();

-- Tables whose only parent is the journal row.
CREATE OR REPLACE FUNCTION sppp.guard_child_of_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT transaction_id AS id FROM new_rows),
       locked AS (SELECT id FROM sppp.transaction WHERE id = ANY (ARRAY(SELECT id FROM wanted)) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM locked) INTO missing;
  PERFORM sppp.refuse_orphans(TG_TABLE_NAME || ' to transaction', missing);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.transaction_body REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_child_of_transaction();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.transaction_body REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_child_of_transaction();
CREATE OR REPLACE TRIGGER guard_insert AFTER INSERT ON sppp.transaction_failure REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_child_of_transaction();
CREATE OR REPLACE TRIGGER guard_update AFTER UPDATE ON sppp.transaction_failure REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_child_of_transaction();
