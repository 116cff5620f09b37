-- least server: 0.1.0

-- The file that a session of the console has uploaded last, between its dry run and the real one (docs/console.md).
CREATE TABLE sppp.console_upload (
  session_id  integer PRIMARY KEY REFERENCES sppp.console_session ON DELETE CASCADE,
  id          uuid NOT NULL,
  file_name   text NOT NULL,
  -- What its lines mean: options of sppp push.
  options     jsonb NOT NULL,
  -- The file, as archived requests are kept.
  encoding    text COLLATE "C" NOT NULL CHECK (encoding IN ('identity', 'gzip')),
  key_print   text COLLATE "C" CHECK (key_print ~ '^[0-9a-f]{32}$'),
  body        bytea NOT NULL,
  -- The server's id of the last request that was made of it.
  last_run    uuid,
  -- It has been carried out, or that has begun.
  is_done     boolean NOT NULL DEFAULT false
);
ALTER TABLE sppp.console_upload ALTER COLUMN body SET STORAGE EXTERNAL;
