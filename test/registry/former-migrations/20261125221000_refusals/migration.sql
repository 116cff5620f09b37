-- Requests that were turned away before they were anybody's: they leave no journal row, but are counted by the hour.
-- Names are only kept where they are a credential's: what is typed into a login may be a password.

CREATE TABLE sppp.refusal (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  hour          timestamptz NOT NULL CHECK (hour = date_trunc('hour', hour, 'UTC')),
  status        smallint NOT NULL CHECK (status BETWEEN 400 AND 599),
  reason        text COLLATE "C" NOT NULL CHECK (reason ~ '^[a-z][A-Za-z]{0,31}$'),
  registrar_id  integer REFERENCES sppp.organization (id) ON DELETE CASCADE,
  credential_id integer REFERENCES sppp.credential (id) ON DELETE CASCADE,
  -- An IPv6 address by its first 64 bits; null: of more addresses than are told apart in an hour.
  address       inet,
  refusals      bigint NOT NULL CHECK (refusals > 0),
  last_at       timestamptz NOT NULL,
  UNIQUE NULLS NOT DISTINCT (hour, status, reason, registrar_id, credential_id, address)
);

CREATE VIEW sppp_api.refusal AS
  SELECT r.hour, r.status, r.reason, coalesce(rar.org_id, own.org_id) AS registrar, c.username, r.address, r.refusals,
         r.last_at
    FROM sppp.refusal r
    LEFT JOIN sppp.organization rar ON rar.id = r.registrar_id
    LEFT JOIN sppp.credential c ON c.id = r.credential_id
    LEFT JOIN sppp.organization own ON own.id = c.registrar_id;

COMMENT ON VIEW sppp_api.refusal IS 'Requests turned away by HTTP before they were read, counted by hour: no login, too many';
COMMENT ON COLUMN sppp_api.refusal.hour IS 'The hour in which they came';
COMMENT ON COLUMN sppp_api.refusal.status IS 'Status of the answer';
COMMENT ON COLUMN sppp_api.refusal.reason IS 'Why: missing, wrong, throttled and other faults of a login; tooMany for rates';
COMMENT ON COLUMN sppp_api.refusal.registrar IS 'Whose request it was, or whose user name was tried; null: unknown';
COMMENT ON COLUMN sppp_api.refusal.username IS 'The user name that was tried, if there is a credential of that name';
COMMENT ON COLUMN sppp_api.refusal.address IS 'Where they came from, IPv6 by its first 64 bits; null: from too many addresses to tell apart';
COMMENT ON COLUMN sppp_api.refusal.refusals IS 'How many';
COMMENT ON COLUMN sppp_api.refusal.last_at IS 'When the last one came';

-- Columns of the view beside it, which had no comments.
COMMENT ON COLUMN sppp_api.throttle.registrar IS 'Whose requests';
COMMENT ON COLUMN sppp_api.throttle.hour IS 'The hour in which they came';
COMMENT ON COLUMN sppp_api.throttle.unavailable IS 'Requests answered 2300';
COMMENT ON COLUMN sppp_api.throttle.throttled IS 'Of these, for asking too much';
COMMENT ON COLUMN sppp_api.throttle.last_at IS 'When the last one came';

-- Journal rows go when they are old and no object names them any more: without these, each is looked for by reading
-- all objects. The numbers are looked through once for many.
CREATE INDEX destination_group_by_transaction ON sppp.destination_group (transaction_id);
CREATE INDEX sed_record_by_transaction ON sppp.sed_record (transaction_id);
CREATE INDEX sed_group_by_transaction ON sppp.sed_group (transaction_id);
CREATE INDEX sed_group_offer_by_transaction ON sppp.sed_group_offer (transaction_id);
CREATE INDEX egress_route_by_transaction ON sppp.egress_route (transaction_id);
