-- least server: 0.1.0

-- Requests that have been under way for some seconds, as their nodes tell outside of their transactions (docs/console.md).
-- Unlogged: nobody waits for the disk, and after a crash none of them is under way.
CREATE UNLOGGED TABLE sppp.request_under_way (
  server_trans_id uuid PRIMARY KEY,
  registrar_id integer NOT NULL,
  -- Null: its head has not been read yet.
  operation text COLLATE "C",
  mode text COLLATE "C" NOT NULL,
  -- Objects and keys that have been read.
  objects integer NOT NULL,
  received_at timestamptz NOT NULL,
  -- How long it has been under way.
  milliseconds bigint NOT NULL,
  -- By the clock of the database.
  told_at timestamptz NOT NULL
) WITH (fillfactor = 50);
