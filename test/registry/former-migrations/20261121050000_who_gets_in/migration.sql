-- Who gets in, and what is told of it: client certificates as credentials (RFC 7878 §5), what answers tell a registrar of
-- their way, and views over both and over who was slowed down (RFC 7877 §9.3).

-- A certificate is known by the hash of all of it, or by its whole subject. Validity and revocation are the credential's.
CREATE TABLE sppp.client_certificate (
  id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  credential_id integer NOT NULL REFERENCES sppp.credential (id),
  fingerprint   text COLLATE "C" UNIQUE CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  subject       text COLLATE "C" UNIQUE CHECK (subject <> ''),
  label         text NOT NULL DEFAULT '',
  created_at    timestamptz NOT NULL DEFAULT now(),
  CHECK (num_nonnulls(fingerprint, subject) = 1)
);
CREATE INDEX client_certificate_credential_id ON sppp.client_certificate (credential_id);
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON sppp.client_certificate
  FOR EACH STATEMENT EXECUTE FUNCTION sppp.tell_authority_changed();

ALTER TABLE sppp.organization
  ADD COLUMN trace text COLLATE "C" NOT NULL DEFAULT 'id' CHECK (trace IN ('none', 'id', 'full'));

CREATE OR REPLACE VIEW sppp_api.organization AS
  SELECT o.org_id, o.name, o.created_at, o.trace FROM sppp.organization o;

CREATE VIEW sppp_api.credential AS
  SELECT rar.org_id AS registrar, c.username, c.label, c.valid_from, c.valid_until, c.revoked_at, c.created_at,
         c.revoked_at IS NULL AND c.valid_from <= now() AND coalesce(now() < c.valid_until, true) AS is_valid
    FROM sppp.credential c
    JOIN sppp.organization rar ON rar.id = c.registrar_id;

CREATE VIEW sppp_api.client_certificate AS
  SELECT rar.org_id AS registrar, c.username, t.fingerprint, t.subject, t.label, t.created_at
    FROM sppp.client_certificate t
    JOIN sppp.credential c ON c.id = t.credential_id
    JOIN sppp.organization rar ON rar.id = c.registrar_id;

CREATE VIEW sppp_api.throttle AS
  SELECT rar.org_id AS registrar, date_trunc('hour', t.received_at) AS hour, count(*) AS unavailable,
         count(*) FILTER (WHERE t.message LIKE '%(throttled: %') AS throttled, max(t.received_at) AS last_at
    FROM sppp.transaction t
    JOIN sppp.organization rar ON rar.id = t.registrar_id
   WHERE t.code = 2300
   GROUP BY 1, 2;

COMMENT ON VIEW sppp_api.credential IS 'User names of registrars and whether they are let in; no passwords';
COMMENT ON VIEW sppp_api.client_certificate IS 'Client certificates that are let in, by fingerprint (SHA-256) or exact subject';
COMMENT ON VIEW sppp_api.throttle IS 'Requests answered 2300 per registrar and hour, and how many of them for asking too much';
