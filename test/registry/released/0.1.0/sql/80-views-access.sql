-- Organizations and access, as operators read them. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.organization AS
  SELECT o.org_id, o.name, o.created_at, o.trace, o.suspended_at FROM sppp.organization o WHERE o.removed_at IS NULL;
COMMENT ON VIEW sppp_api.organization IS 'Organizations: registrants, registrars and peers alike (RFC 7877 §3.1)';
COMMENT ON COLUMN sppp_api.organization.org_id IS 'namespace:value, such as iana-en:32473';
COMMENT ON COLUMN sppp_api.organization.name IS 'For people';
COMMENT ON COLUMN sppp_api.organization.created_at IS 'When it was made';
COMMENT ON COLUMN sppp_api.organization.trace IS 'How much answers tell its registrar of their way: none, id or full';
COMMENT ON COLUMN sppp_api.organization.suspended_at IS 'Since when it is let in and answered no longer; NULL: it is not suspended';

CREATE OR REPLACE VIEW sppp_api.registrar_grant AS
  SELECT rar.org_id AS registrar, rant.org_id AS registrant, g.created_at, g.id,
         string_to_array(g.nouns, ',') AS nouns, string_to_array(g.verbs, ',') AS verbs,
         string_to_array(g.spans, ',') AS spans
    FROM sppp.registrar_grant g
    JOIN sppp.organization rar ON rar.id = g.registrar_id
    JOIN sppp.organization rant ON rant.id = g.registrant_id;
COMMENT ON VIEW sppp_api.registrar_grant IS 'Which registrar may act for which registrant';
COMMENT ON COLUMN sppp_api.registrar_grant.registrar IS 'Organization that may act';
COMMENT ON COLUMN sppp_api.registrar_grant.registrant IS 'Organization that it may act for';
COMMENT ON COLUMN sppp_api.registrar_grant.created_at IS 'When it was made';
COMMENT ON COLUMN sppp_api.registrar_grant.id IS 'Number of the grant; several for one pair add up';
COMMENT ON COLUMN sppp_api.registrar_grant.nouns IS 'Kinds of object it is narrowed to; null: all';
COMMENT ON COLUMN sppp_api.registrar_grant.verbs IS 'What may be done; null: everything';
COMMENT ON COLUMN sppp_api.registrar_grant.spans IS 'Prefixes and ranges of numbers that may be written; null: all';

CREATE OR REPLACE VIEW sppp_api.credential AS
  SELECT rar.org_id AS registrar, c.username, c.label, c.valid_from, c.valid_until, c.revoked_at, c.created_at,
         c.revoked_at IS NULL AND c.valid_from <= now() AND coalesce(now() < c.valid_until, true)
         AND rar.suspended_at IS NULL AS is_valid, c.former_valid_until
    FROM sppp.credential c
    JOIN sppp.organization rar ON rar.id = c.registrar_id;
COMMENT ON VIEW sppp_api.credential IS 'User names of registrars and whether they are let in; no passwords';
COMMENT ON COLUMN sppp_api.credential.registrar IS 'Organization that it belongs to';
COMMENT ON COLUMN sppp_api.credential.username IS 'User name of HTTP Digest';
COMMENT ON COLUMN sppp_api.credential.label IS 'For people';
COMMENT ON COLUMN sppp_api.credential.valid_from IS 'From when on it is let in';
COMMENT ON COLUMN sppp_api.credential.valid_until IS 'Until when it is let in; NULL: without end';
COMMENT ON COLUMN sppp_api.credential.revoked_at IS 'When it was revoked; NULL: it was not';
COMMENT ON COLUMN sppp_api.credential.created_at IS 'When it was made';
COMMENT ON COLUMN sppp_api.credential.is_valid IS 'Whether it is let in now';
COMMENT ON COLUMN sppp_api.credential.former_valid_until IS 'Until when the password before this one is let in too; NULL: it is not';

CREATE OR REPLACE VIEW sppp_api.client_certificate AS
  SELECT rar.org_id AS registrar, c.username, t.fingerprint, t.subject, t.label, t.created_at
    FROM sppp.client_certificate t
    JOIN sppp.credential c ON c.id = t.credential_id
    JOIN sppp.organization rar ON rar.id = c.registrar_id;
COMMENT ON VIEW sppp_api.client_certificate IS 'Client certificates that are let in, by fingerprint (SHA-256) or exact subject';
COMMENT ON COLUMN sppp_api.client_certificate.registrar IS 'Organization that it belongs to';
COMMENT ON COLUMN sppp_api.client_certificate.username IS 'Credential that it stands for';
COMMENT ON COLUMN sppp_api.client_certificate.fingerprint IS 'SHA-256 of the certificate, in hex; NULL where the subject counts';
COMMENT ON COLUMN sppp_api.client_certificate.subject IS 'The whole subject; NULL where the fingerprint counts';
COMMENT ON COLUMN sppp_api.client_certificate.label IS 'For people';
COMMENT ON COLUMN sppp_api.client_certificate.created_at IS 'When it was made';

CREATE OR REPLACE VIEW sppp_api.operator AS
  SELECT c.username, c.role, c.label, c.created_at, c.revoked_at AS removed_at,
         c.revoked_at IS NULL AND c.valid_from <= now() AND coalesce(now() < c.valid_until, true) AS is_valid
    FROM sppp.credential c
   WHERE c.role IS NOT NULL;

CREATE OR REPLACE VIEW sppp_api.operator_request AS
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
