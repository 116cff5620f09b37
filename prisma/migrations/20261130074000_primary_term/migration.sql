-- least server: 0.1.0

-- The terms of primaries: one for each start of PostgreSQL that was the primary for a while, and how far its log is surely
-- part of this database. A position is read before the transaction that writes it here commits. So if the row has arrived
-- on a standby, or in a backup, all commits up to that position have, too (docs/feeds.md).
CREATE TABLE sppp.primary_term (
  number     integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- pg_postmaster_start_time(): a promoted standby, a restart and a restored copy have another one.
  started_at timestamptz NOT NULL UNIQUE,
  lsn        pg_lsn NOT NULL
);
