-- least server: 0.1.0

-- Events (docs/events.md), in the order in which they are published. A position that is there has all lower ones before it.
CREATE TABLE sppp.event (
  position bigint PRIMARY KEY,
  type text NOT NULL,
  organization_id integer REFERENCES sppp.organization,
  noun text,
  subject text NOT NULL,
  happened_at timestamptz NOT NULL,
  published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  transaction_id bigint,
  data jsonb NOT NULL
);
CREATE INDEX event_organization ON sppp.event (organization_id, position);
CREATE INDEX event_published_at ON sppp.event USING brin (published_at);

-- One row: the position of the last event, and of the last one that was deleted because of its age.
CREATE TABLE sppp.event_horizon (
  id integer PRIMARY KEY CHECK (id = 1),
  published bigint NOT NULL,
  forgotten bigint NOT NULL
);
INSERT INTO sppp.event_horizon VALUES (1, 0, 0);
