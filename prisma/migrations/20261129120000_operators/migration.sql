-- Operators log in over HTTP beside registrars. A credential is a registrar's or an operator's, never both: so one user name
-- is one principal.

ALTER TABLE sppp.credential
  ALTER COLUMN registrar_id DROP NOT NULL,
  ADD COLUMN role text COLLATE "C" CHECK (role IN ('viewer', 'operator', 'administrator')),
  ADD CHECK (num_nonnulls(registrar_id, role) = 1);

-- What operators asked for and were answered, as the journal has it of registrars.
CREATE TABLE sppp.operator_request (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  credential_id integer NOT NULL REFERENCES sppp.credential (id),
  -- At that time.
  role          text COLLATE "C" NOT NULL,
  method        text COLLATE "C" NOT NULL,
  -- Path and query, cut to 1,000 characters.
  target        text COLLATE "C" NOT NULL CHECK (length(target) <= 1000),
  received_at   timestamptz NOT NULL,
  address       inet
);
CREATE INDEX operator_request_received_at ON sppp.operator_request (received_at);

CREATE VIEW sppp_api.operator AS
  SELECT c.username, c.role, c.label, c.created_at, c.revoked_at AS removed_at,
         c.revoked_at IS NULL AND c.valid_from <= now() AND coalesce(now() < c.valid_until, true) AS is_valid
    FROM sppp.credential c
   WHERE c.role IS NOT NULL;

CREATE VIEW sppp_api.operator_request AS
  SELECT r.received_at, c.username, r.role, r.method, r.target, r.address
    FROM sppp.operator_request r
    JOIN sppp.credential c ON c.id = r.credential_id;

COMMENT ON VIEW sppp_api.operator IS 'Operators that log in over HTTP, and their roles; no passwords';
COMMENT ON COLUMN sppp_api.operator.username IS 'Name that the operator logs in with';
COMMENT ON COLUMN sppp_api.operator.role IS 'viewer, operator or administrator';
COMMENT ON COLUMN sppp_api.operator.label IS 'A name for people';
COMMENT ON COLUMN sppp_api.operator.created_at IS 'When the operator was added first';
COMMENT ON COLUMN sppp_api.operator.removed_at IS 'When the operator was removed; null: not removed';
COMMENT ON COLUMN sppp_api.operator.is_valid IS 'Whether the operator can log in now';
COMMENT ON VIEW sppp_api.operator_request IS 'Requests of operators that were answered';
COMMENT ON COLUMN sppp_api.operator_request.received_at IS 'When the request came';
COMMENT ON COLUMN sppp_api.operator_request.username IS 'Which operator sent it';
COMMENT ON COLUMN sppp_api.operator_request.role IS 'The role that the operator had then';
COMMENT ON COLUMN sppp_api.operator_request.method IS 'HTTP method';
COMMENT ON COLUMN sppp_api.operator_request.target IS 'Path and query, cut to 1,000 characters';
COMMENT ON COLUMN sppp_api.operator_request.address IS 'Address of the client';
