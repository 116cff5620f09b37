-- least server: 0.1.0

-- What the journal has beside its rows is partitioned by the ids of the rows, which are times (docs/database.md). The tables that
-- there are become the first partitions, with all ids below those of the first day.

-- As a reference, ATTACH PARTITION and DROP TABLE would lock the journal. It is guarded by row (prisma/sql/10-guards.sql).
ALTER TABLE sppp.transaction_code DROP CONSTRAINT transaction_code_transaction_id_fkey;

-- Unique keys of a partitioned table have the column by which it is partitioned. Nothing asks for a deletion by its id.
ALTER TABLE sppp.deletion DROP CONSTRAINT deletion_pkey;

-- The guards are those of the partitioned tables.
DROP TRIGGER IF EXISTS guard_insert ON sppp.transaction_body;
DROP TRIGGER IF EXISTS guard_update ON sppp.transaction_body;
DROP TRIGGER IF EXISTS guard_insert ON sppp.transaction_failure;
DROP TRIGGER IF EXISTS guard_update ON sppp.transaction_failure;
DROP TRIGGER IF EXISTS guard_insert ON sppp.deletion;
DROP TRIGGER IF EXISTS guard_update ON sppp.deletion;

ALTER TABLE sppp.transaction_code RENAME TO transaction_code_first;
ALTER TABLE sppp.transaction_code_first RENAME CONSTRAINT transaction_code_pkey TO transaction_code_first_pkey;
ALTER TABLE sppp.transaction_body RENAME TO transaction_body_first;
ALTER TABLE sppp.transaction_body_first RENAME CONSTRAINT transaction_body_pkey TO transaction_body_first_pkey;
ALTER TABLE sppp.transaction_failure RENAME TO transaction_failure_first;
ALTER TABLE sppp.transaction_failure_first RENAME CONSTRAINT transaction_failure_pkey TO transaction_failure_first_pkey;
ALTER TABLE sppp.deletion RENAME TO deletion_first;
ALTER INDEX sppp.deletion_key RENAME TO deletion_first_key;
ALTER INDEX sppp.deletion_transaction RENAME TO deletion_first_transaction;

-- Partitions may not have an identity of their own. Another sequence goes on with the numbers.
DO $$
DECLARE
  number bigint;
  was_given boolean;
BEGIN
  SELECT last_value, is_called INTO number, was_given FROM sppp.deletion_id_seq;
  ALTER TABLE sppp.deletion_first ALTER COLUMN id DROP IDENTITY;
  CREATE SEQUENCE sppp.deletion_id_seq;
  PERFORM setval('sppp.deletion_id_seq', number, was_given);
END $$;
ALTER TABLE sppp.deletion_first ALTER COLUMN id SET DEFAULT nextval('sppp.deletion_id_seq');

CREATE TABLE sppp.transaction_code (
  LIKE sppp.transaction_code_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE,
  PRIMARY KEY (transaction_id, code)
) PARTITION BY RANGE (transaction_id);
CREATE TABLE sppp.transaction_body (
  LIKE sppp.transaction_body_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE,
  PRIMARY KEY (transaction_id)
) PARTITION BY RANGE (transaction_id);
CREATE TABLE sppp.transaction_failure (
  LIKE sppp.transaction_failure_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE,
  PRIMARY KEY (transaction_id, index)
) PARTITION BY RANGE (transaction_id);
CREATE TABLE sppp.deletion (
  LIKE sppp.deletion_first INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE
) PARTITION BY RANGE (transaction_id);
CREATE INDEX deletion_key ON sppp.deletion (key);
CREATE INDEX deletion_transaction ON sppp.deletion USING brin (transaction_id) WITH (pages_per_range = 16);
ALTER SEQUENCE sppp.deletion_id_seq OWNED BY sppp.deletion.id;

-- PostgreSQL reads a table before it becomes the partition of a range. That takes long for a large one, and nobody could write
-- meanwhile. So that becomes the partition of all ids, and a node makes it that of the range after a check beside the writers
-- (src/registry/journal/keep-partitions.ts).
DO $$
DECLARE
  first_day CONSTANT bigint := 10000000000000;
  name text;
  part text;
BEGIN
  FOREACH name IN ARRAY ARRAY['transaction_code', 'transaction_body', 'transaction_failure', 'deletion'] LOOP
    part := name || '_first';
    IF pg_relation_size(format('sppp.%I', part)) <= 16777216 THEN
      EXECUTE format('ALTER TABLE sppp.%I ATTACH PARTITION sppp.%I FOR VALUES FROM (MINVALUE) TO (%s)', name, part, first_day);
    ELSE
      EXECUTE format('ALTER TABLE sppp.%I ADD CONSTRAINT ids_of_range CHECK (transaction_id < %s) NOT VALID', part, first_day);
      EXECUTE format('ALTER TABLE sppp.%I ATTACH PARTITION sppp.%I FOR VALUES FROM (MINVALUE) TO (MAXVALUE)', name, part);
    END IF;
  END LOOP;
END $$;
