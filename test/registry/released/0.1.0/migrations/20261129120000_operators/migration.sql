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
