-- Which objects of a request failed, and why: for whoever asks later than the answer came, or for what it had no room for.

-- A bulk table like that of the deletions: parents are checked by statement.
CREATE TABLE sppp.transaction_failure (
  transaction_id bigint NOT NULL,
  -- Which object or key of the request it is, from 1, in the order of the document.
  index          integer NOT NULL CHECK (index > 0),
  verb           text COLLATE "C" NOT NULL CHECK (verb IN ('add', 'delete', 'accept', 'reject', 'get')),
  -- As it was sent; there may be no such organization.
  registrant     text NOT NULL,
  noun           sppp.noun NOT NULL,
  -- As in sppp.deletion; null if what names the object is no valid value.
  key            text COLLATE "C",
  code           smallint NOT NULL CHECK (code BETWEEN 2000 AND 2999),
  -- The element at fault and its value as it was sent, or the beginning of it.
  attr_name      text COLLATE "C" NOT NULL,
  attr_val       text NOT NULL,
  is_cut         boolean NOT NULL,
  reason         text,
  PRIMARY KEY (transaction_id, index)
);

CREATE FUNCTION sppp.guard_transaction_failure() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT transaction_id AS id FROM written),
       held AS (SELECT id FROM sppp.transaction WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('transaction_failure to transaction', missing);
  RETURN NULL;
END $$;
CREATE TRIGGER guard_insert AFTER INSERT ON sppp.transaction_failure REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_transaction_failure();
CREATE TRIGGER guard_update AFTER UPDATE ON sppp.transaction_failure REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_transaction_failure();

-- They go with the journal row.
CREATE FUNCTION sppp.delete_failures_of_transaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  DELETE FROM sppp.transaction_failure f USING gone WHERE f.transaction_id = gone.id;
  RETURN NULL;
END $$;
CREATE TRIGGER cascade_failures AFTER DELETE ON sppp.transaction REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.delete_failures_of_transaction();

CREATE VIEW sppp_api.transaction_failure AS
  SELECT t.server_trans_id, t.client_trans_id, rar.org_id AS registrar, t.received_at, f.index, f.verb, f.registrant,
         f.noun::text AS noun, f.key AS identifier, f.code, f.attr_name, f.attr_val, f.is_cut, f.reason
    FROM sppp.transaction_failure f
    JOIN sppp.transaction t ON t.id = f.transaction_id
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id;

COMMENT ON VIEW sppp_api.transaction_failure IS 'Objects and keys of requests that failed, and why (RFC 7878 §7.3)';
COMMENT ON COLUMN sppp_api.transaction_failure.server_trans_id IS 'The request';
COMMENT ON COLUMN sppp_api.transaction_failure.client_trans_id IS 'Id that the client gave it, if any';
COMMENT ON COLUMN sppp_api.transaction_failure.registrar IS 'Whose request it was';
COMMENT ON COLUMN sppp_api.transaction_failure.received_at IS 'When the request came';
COMMENT ON COLUMN sppp_api.transaction_failure.index IS 'Which object or key of the request it is, from 1, in the order of the document';
COMMENT ON COLUMN sppp_api.transaction_failure.verb IS 'What was to be done: add, delete, accept, reject or get';
COMMENT ON COLUMN sppp_api.transaction_failure.registrant IS 'Whose object it was to be, as it was sent';
COMMENT ON COLUMN sppp_api.transaction_failure.noun IS 'Kind of object';
COMMENT ON COLUMN sppp_api.transaction_failure.identifier IS 'Case-folded name; kind and value of a number; group and organization of an offer; null: no valid value was sent';
COMMENT ON COLUMN sppp_api.transaction_failure.code IS 'What was answered: 2101, 2102 or 2103';
COMMENT ON COLUMN sppp_api.transaction_failure.attr_name IS 'The element at fault';
COMMENT ON COLUMN sppp_api.transaction_failure.attr_val IS 'Its value as it was sent';
COMMENT ON COLUMN sppp_api.transaction_failure.is_cut IS 'Whether the value was longer than what is kept of it';
COMMENT ON COLUMN sppp_api.transaction_failure.reason IS 'Why, in words; null: the code says it';
