-- least server: 0.1.0

-- What is to become events (docs/events.md): written by the transactions that cause them, and published in the order of the ids.
-- A row stands for an event of each key. Organizations and journal rows are named without a reference: a row lives for moments.
CREATE TABLE sppp.event_outbox (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type            text NOT NULL,
  organization_id integer,
  noun            text,
  happened_at     timestamptz NOT NULL DEFAULT statement_timestamp(),
  transaction_id  bigint,
  -- The subject of an event is its key between these two.
  subject_begin   text NOT NULL,
  keys            text[] NOT NULL,
  subject_end     text NOT NULL DEFAULT '',
  -- The member of data that has the key; null: none.
  member          text,
  -- The other members.
  data            jsonb NOT NULL,
  events          integer GENERATED ALWAYS AS (cardinality(keys)) STORED
);

-- Who had written the object last that was deleted; null: the request that deleted it had made it, or an older server wrote this.
ALTER TABLE sppp.deletion ADD COLUMN rar_id integer;

-- The end of a client certificate, where it is known.
ALTER TABLE sppp.client_certificate ADD COLUMN not_after timestamptz;

-- Notices that were given: of what, when it ends, and how many days before.
CREATE TABLE sppp.expiry_notice (
  type    text NOT NULL,
  subject text NOT NULL,
  ends_at timestamptz NOT NULL,
  days    integer NOT NULL,
  PRIMARY KEY (type, subject, ends_at, days)
);
CREATE INDEX expiry_notice_ends_at ON sppp.expiry_notice (ends_at);
