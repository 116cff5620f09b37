-- References of the bulk tables, on the parents' side. References are deleted with the object they refer to (RFC 7877
-- §7.2); organizations and journal rows cannot be deleted while numbers name them. Tables are entered as the guards enter them.

-- A deletion looks for the rows that name its own. With a snapshot older than the deletion it would miss rows committed
-- since. In READ COMMITTED each trigger sees them, so only that is allowed.
CREATE OR REPLACE FUNCTION sppp.refuse_old_snapshot() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF current_setting('transaction_isolation') IN ('repeatable read', 'serializable') THEN
    RAISE feature_not_supported USING MESSAGE = 'rows that others name are deleted in READ COMMITTED only';
  END IF;
END $$;

-- Logs the identifiers for feeds with the memberships that it deletes, which is cheaper than to look for them twice.
CREATE OR REPLACE FUNCTION sppp.cascade_public_identifier() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  WITH lost AS (
    DELETE FROM sppp.destination_group_member WHERE public_identifier_id = ANY (ARRAY(SELECT id FROM old_rows))
    RETURNING public_identifier_id, destination_group_id)
  INSERT INTO sppp.identifier_change (identifier, rant, value, span, destination_group, was_public)
  SELECT o.id, o.rant_id, o.value, o.span, l.destination_group_id,
         l.destination_group_id IS NULL
         AND (SELECT true FROM sppp.public_identifier_sed_record r WHERE r.public_identifier_id = o.id LIMIT 1) IS NOT NULL
    FROM old_rows o
    FULL JOIN lost l ON l.public_identifier_id = o.id;
  DELETE FROM sppp.public_identifier_sed_record WHERE public_identifier_id = ANY (ARRAY(SELECT id FROM old_rows));
  DELETE FROM sppp.cor_ruling WHERE public_identifier_id = ANY (ARRAY(SELECT id FROM old_rows));
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER cascade_delete AFTER DELETE ON sppp.public_identifier REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.cascade_public_identifier();

-- Logs the identifiers that lose a membership for cached route keys; an empty group has none. The limit bounds only what is
-- collected: the deletion goes on to its end.
CREATE OR REPLACE FUNCTION sppp.cascade_destination_group() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  ids bigint[];
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  WITH lost AS (
    DELETE FROM sppp.destination_group_member WHERE destination_group_id = ANY (ARRAY(SELECT id FROM old_rows))
    RETURNING public_identifier_id)
  SELECT array_agg(public_identifier_id) INTO ids FROM (SELECT public_identifier_id FROM lost LIMIT 10001) each;
  IF ids IS NOT NULL THEN
    PERFORM sppp.log_numbers_of(ids);
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER cascade_delete AFTER DELETE ON sppp.destination_group REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.cascade_destination_group();

CREATE OR REPLACE FUNCTION sppp.cascade_sed_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  DELETE FROM sppp.public_identifier_sed_record WHERE sed_record_id = ANY (ARRAY(SELECT id FROM old_rows));
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER cascade_delete AFTER DELETE ON sppp.sed_record REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.cascade_sed_record();

-- What the journal has of a request is deleted with its row. The range of the ids leaves out partitions.
CREATE OR REPLACE FUNCTION sppp.cascade_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  lowest  bigint;
  highest bigint;
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  SELECT min(id), max(id) INTO lowest, highest FROM old_rows;
  DELETE FROM sppp.deletion d USING old_rows o
   WHERE d.transaction_id = o.id AND d.transaction_id BETWEEN lowest AND highest;
  DELETE FROM sppp.transaction_body b USING old_rows o
   WHERE b.transaction_id = o.id AND b.transaction_id BETWEEN lowest AND highest;
  DELETE FROM sppp.transaction_code c USING old_rows o
   WHERE c.transaction_id = o.id AND c.transaction_id BETWEEN lowest AND highest;
  DELETE FROM sppp.transaction_failure f USING old_rows o
   WHERE f.transaction_id = o.id AND f.transaction_id BETWEEN lowest AND highest;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER cascade_delete AFTER DELETE ON sppp.transaction REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.cascade_transaction();

CREATE OR REPLACE FUNCTION sppp.restrict_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  IF EXISTS (SELECT FROM sppp.public_identifier p JOIN old_rows o ON o.id = p.transaction_id) THEN
    RAISE foreign_key_violation USING MESSAGE = 'transaction: still named by public_identifier';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER restrict_delete AFTER DELETE ON sppp.transaction REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.restrict_transaction();

CREATE OR REPLACE FUNCTION sppp.restrict_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  IF EXISTS (SELECT FROM sppp.public_identifier p JOIN old_rows o ON o.id IN (p.rant_id, p.rar_id)) THEN
    RAISE foreign_key_violation USING MESSAGE = 'organization: still named by public_identifier';
  END IF;
  IF EXISTS (SELECT FROM sppp.deletion d JOIN old_rows o ON o.id = d.rant_id) THEN
    RAISE foreign_key_violation USING MESSAGE = 'organization: still named by deletion';
  END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER restrict_delete AFTER DELETE ON sppp.organization REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.restrict_organization();

-- TRUNCATE of a parent would leave orphans without any event of a row or statement on them.
CREATE OR REPLACE FUNCTION sppp.refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE foreign_key_violation USING MESSAGE = format('%s: use DELETE, references must go too', TG_TABLE_NAME);
END $$;
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON sppp.public_identifier
  EXECUTE FUNCTION sppp.refuse_truncate();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON sppp.destination_group
  EXECUTE FUNCTION sppp.refuse_truncate();
CREATE OR REPLACE TRIGGER refuse_truncate BEFORE TRUNCATE ON sppp.sed_record
  EXECUTE FUNCTION sppp.refuse_truncate();

-- References would keep the old id. GENERATED ALWAYS is not enough, since it allows SET id = DEFAULT.
CREATE OR REPLACE FUNCTION sppp.refuse_new_id() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE foreign_key_violation USING MESSAGE = format('%s: an id never changes', TG_TABLE_NAME);
END $$;
CREATE OR REPLACE TRIGGER refuse_new_id BEFORE UPDATE OF id ON sppp.public_identifier
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE OR REPLACE TRIGGER refuse_new_id BEFORE UPDATE OF id ON sppp.destination_group
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE OR REPLACE TRIGGER refuse_new_id BEFORE UPDATE OF id ON sppp.sed_record
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE OR REPLACE TRIGGER refuse_new_id BEFORE UPDATE OF id ON sppp.organization
  EXECUTE FUNCTION sppp.refuse_new_id();
CREATE OR REPLACE TRIGGER refuse_new_id BEFORE UPDATE OF id ON sppp.transaction
  EXECUTE FUNCTION sppp.refuse_new_id();

-- The registrant of an egress route, beside each SED group that the route names.
CREATE OR REPLACE FUNCTION sppp.set_rant_of_ingress() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.rant := (SELECT t.rant_id FROM sppp.egress_route t WHERE t.id = NEW.egress_route_id);
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER set_rant BEFORE INSERT OR UPDATE ON sppp.egress_route_sed_group
  FOR EACH ROW EXECUTE FUNCTION sppp.set_rant_of_ingress();
