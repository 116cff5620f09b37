-- least server: 0.1.0

-- How far registrars have read their events (docs/event-queue.md): one row for each name that a registrar reads under.
CREATE TABLE sppp.event_consumer (
  registrar_id integer NOT NULL REFERENCES sppp.organization,
  name text COLLATE "C" NOT NULL,
  -- The last position that was acknowledged.
  position bigint NOT NULL,
  -- The last position that was deleted before this consumer had acknowledged it; null: none was.
  missed_until bigint,
  created_at timestamptz NOT NULL,
  -- Written again after an hour.
  seen_at timestamptz NOT NULL,
  acked_at timestamptz,
  PRIMARY KEY (registrar_id, name)
);
