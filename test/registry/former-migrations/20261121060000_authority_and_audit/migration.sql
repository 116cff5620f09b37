-- Grants that are narrowed, and what is kept of requests: what became of them, their bodies, and what they deleted.

-- Who may do what ---------------------------------------------------------------------------------------------
-- Several grants for one pair add up. A list that is absent narrows nothing; lists are written with commas, in the row
-- itself, so that no grant is ever seen wider than it is.

ALTER TABLE sppp.registrar_grant DROP CONSTRAINT registrar_grant_pkey;
ALTER TABLE sppp.registrar_grant
  ADD COLUMN id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  ADD COLUMN nouns text COLLATE "C" CHECK (
    nouns ~ '^(DestGrp|PubId|SedRec|SedGrp|SedGrpOffer|EgrRte)(,(DestGrp|PubId|SedRec|SedGrp|SedGrpOffer|EgrRte))*$'),
  ADD COLUMN verbs text COLLATE "C" CHECK (
    verbs ~ '^(add|delete|accept|reject|get)(,(add|delete|accept|reject|get))*$'),
  -- Numbers that may be written: prefixes and ranges of digits.
  ADD COLUMN spans text COLLATE "C" CHECK (spans ~ '^[0-9]{1,20}(-[0-9]{1,20})?(,[0-9]{1,20}(-[0-9]{1,20})?)*$');
CREATE INDEX registrar_grant_by_pair ON sppp.registrar_grant (registrar_id, registrant_id);

CREATE OR REPLACE VIEW sppp_api.registrar_grant AS
  SELECT rar.org_id AS registrar, rant.org_id AS registrant, g.created_at, g.id,
         string_to_array(g.nouns, ',') AS nouns, string_to_array(g.verbs, ',') AS verbs,
         string_to_array(g.spans, ',') AS spans
    FROM sppp.registrar_grant g
    JOIN sppp.organization rar ON rar.id = g.registrar_id
    JOIN sppp.organization rant ON rant.id = g.registrant_id;

-- What became of requests -------------------------------------------------------------------------------------
-- One that could not be read as a message has no operation and no code, but the HTTP status that it was answered with.

ALTER TABLE sppp.transaction
  ALTER COLUMN operation DROP NOT NULL,
  ADD COLUMN http_status smallint CHECK (http_status BETWEEN 100 AND 599),
  ADD COLUMN certificate text COLLATE "C" CHECK (certificate ~ '^[0-9a-f]{64}$'),
  -- Whether what it asked for is in the registry, as far as it did not fail.
  ADD COLUMN committed boolean NOT NULL DEFAULT false;
UPDATE sppp.transaction SET committed = true
 WHERE operation NOT LIKE 'submitGet%' AND operation <> 'submitServerStatusRqst'
   AND (code = 1000 AND mode <> 'validate' OR code = 2100 AND mode = 'partial' AND message LIKE '%partial success%');

-- How many objects of a request were told which code, successes aside.
CREATE TABLE sppp.transaction_code (
  transaction_id bigint NOT NULL REFERENCES sppp.transaction (id) ON DELETE CASCADE,
  code           smallint NOT NULL CHECK (code BETWEEN 1000 AND 2999),
  objects        integer NOT NULL CHECK (objects > 0),
  PRIMARY KEY (transaction_id, code)
);

-- The request as it came, compressed unless it is small. Parents are checked by statement, as for the numbers.
CREATE TABLE sppp.transaction_body (
  transaction_id bigint PRIMARY KEY,
  kept_at        timestamptz NOT NULL,
  encoding       text COLLATE "C" NOT NULL CHECK (encoding IN ('identity', 'gzip')),
  -- false: there was more, which was not read or was more than is kept.
  is_whole       boolean NOT NULL,
  -- The charset that the client named, if it did.
  charset        text,
  -- Which key it is encrypted with (AES-256-GCM: nonce, text, tag), if it is: the first half of the key's SHA-256.
  key_print         text COLLATE "C" CHECK (key_print ~ '^[0-9a-f]{32}$'),
  body           bytea NOT NULL
);
ALTER TABLE sppp.transaction_body ALTER COLUMN body SET STORAGE EXTERNAL;

-- What was deleted --------------------------------------------------------------------------------------------
-- A bulk table like those of the numbers: parents are checked by statement.

CREATE TYPE sppp.noun AS ENUM ('DestGrp', 'PubId', 'SedRec', 'SedGrp', 'SedGrpOffer', 'EgrRte');

CREATE TABLE sppp.deletion (
  id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  transaction_id bigint NOT NULL,
  rant_id        integer NOT NULL,
  noun           sppp.noun NOT NULL,
  -- The case-folded name; `TN 12025550100` with its kind for public identifiers; `group to organization` for offers.
  key            text COLLATE "C" NOT NULL,
  -- Offers that went along, and references of other objects to it.
  offers_gone     integer NOT NULL DEFAULT 0,
  references_gone integer NOT NULL DEFAULT 0
);
CREATE INDEX deletion_key ON sppp.deletion (key);
CREATE INDEX deletion_transaction ON sppp.deletion USING brin (transaction_id) WITH (pages_per_range = 16);

CREATE FUNCTION sppp.guard_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT rant_id AS id FROM written),
       held AS (SELECT id FROM sppp.organization WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('deletion to organization', missing);
  WITH wanted AS (SELECT DISTINCT transaction_id AS id FROM written),
       held AS (SELECT id FROM sppp.transaction WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('deletion to transaction', missing);
  RETURN NULL;
END $$;
CREATE FUNCTION sppp.guard_transaction_body() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE missing bigint;
BEGIN
  WITH wanted AS (SELECT DISTINCT transaction_id AS id FROM written),
       held AS (SELECT id FROM sppp.transaction WHERE id IN (SELECT id FROM wanted) ORDER BY id FOR KEY SHARE)
  SELECT (SELECT count(*) FROM wanted) - (SELECT count(*) FROM held) INTO missing;
  PERFORM sppp.refuse_orphans('transaction_body to transaction', missing);
  RETURN NULL;
END $$;
CREATE TRIGGER guard_insert AFTER INSERT ON sppp.transaction_body REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_transaction_body();
CREATE TRIGGER guard_update AFTER UPDATE ON sppp.transaction_body REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_transaction_body();
CREATE TRIGGER guard_insert AFTER INSERT ON sppp.deletion REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_deletion();
CREATE TRIGGER guard_update AFTER UPDATE ON sppp.deletion REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.guard_deletion();

-- A request's deletions and body go with its journal row; an organization stays while deletions name it.
CREATE FUNCTION sppp.keep_parent_of_deletions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM sppp.refuse_old_snapshot();
  IF TG_TABLE_NAME = 'transaction' THEN
    DELETE FROM sppp.deletion d USING gone WHERE d.transaction_id = gone.id;
    DELETE FROM sppp.transaction_body b USING gone WHERE b.transaction_id = gone.id;
  ELSIF EXISTS (SELECT FROM sppp.deletion d JOIN gone ON gone.id = d.rant_id) THEN
    RAISE foreign_key_violation USING MESSAGE = format('%s: still named by deletion', TG_TABLE_NAME);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER keep_for_deletions AFTER DELETE ON sppp.organization REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.keep_parent_of_deletions();
CREATE TRIGGER cascade_deletions AFTER DELETE ON sppp.transaction REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.keep_parent_of_deletions();

-- What operators query ----------------------------------------------------------------------------------------

CREATE OR REPLACE VIEW sppp_api.transaction AS
  SELECT t.server_trans_id, t.client_trans_id, rar.org_id AS registrar, c.username, t.operation, t.mode, t.code,
         t.message, t.objects, t.failed, t.received_at, t.answered_at - t.received_at AS duration,
         t.remote_address, t.user_agent, t.http_status, t.certificate, t.committed,
         (SELECT jsonb_object_agg(n.code, n.objects) FROM sppp.transaction_code n WHERE n.transaction_id = t.id) AS codes,
         (SELECT octet_length(b.body) FROM sppp.transaction_body b WHERE b.transaction_id = t.id) AS kept_bytes
    FROM sppp.transaction t
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id
    LEFT JOIN sppp.credential c ON c.id = t.credential_id;

CREATE VIEW sppp_api.deletion AS
  SELECT t.received_at AS deleted_at, rar.org_id AS registrar, rant.org_id AS registrant, d.noun::text AS noun, d.key AS identifier,
         d.offers_gone, d.references_gone, t.server_trans_id
    FROM sppp.deletion d
    JOIN sppp.transaction t ON t.id = d.transaction_id
    JOIN sppp.organization rant ON rant.id = d.rant_id
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id;

COMMENT ON VIEW sppp_api.deletion IS 'What was deleted, by whom and in which request (RFC 7877 §7.2)';
COMMENT ON COLUMN sppp_api.registrar_grant.id IS 'Number of the grant; several for one pair add up';
COMMENT ON COLUMN sppp_api.registrar_grant.nouns IS 'Kinds of object it is narrowed to; null: all';
COMMENT ON COLUMN sppp_api.registrar_grant.verbs IS 'What may be done; null: everything';
COMMENT ON COLUMN sppp_api.registrar_grant.spans IS 'Prefixes and ranges of numbers that may be written; null: all';
COMMENT ON COLUMN sppp_api.transaction.http_status IS 'Status of the answer to a request that was no readable message';
COMMENT ON COLUMN sppp_api.transaction.certificate IS 'SHA-256 of the client certificate, if one was shown';
COMMENT ON COLUMN sppp_api.transaction.committed IS 'Whether what it asked for is in the registry, as far as it did not fail';
COMMENT ON COLUMN sppp_api.transaction.codes IS 'How many objects were told which code, successes aside; null: none';
COMMENT ON COLUMN sppp_api.transaction.kept_bytes IS 'Bytes kept of the request, compressed; null: none';
COMMENT ON COLUMN sppp_api.deletion.deleted_at IS 'When the request came';
COMMENT ON COLUMN sppp_api.deletion.registrar IS 'Whose request it was';
COMMENT ON COLUMN sppp_api.deletion.registrant IS 'Whose object it was';
COMMENT ON COLUMN sppp_api.deletion.noun IS 'Kind of object';
COMMENT ON COLUMN sppp_api.deletion.identifier IS 'Case-folded name; kind and value of a number; group and organization of an offer';
COMMENT ON COLUMN sppp_api.deletion.offers_gone IS 'Offers that went along';
COMMENT ON COLUMN sppp_api.deletion.references_gone IS 'References of other objects that went along';
COMMENT ON COLUMN sppp_api.deletion.server_trans_id IS 'The request';
