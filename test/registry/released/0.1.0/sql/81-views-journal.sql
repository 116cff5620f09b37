-- The journal, as operators read it. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.transaction AS
  SELECT t.server_trans_id, t.client_trans_id, rar.org_id AS registrar, c.username, t.operation, t.mode, t.code,
         t.message, t.objects, t.failed, t.received_at, t.answered_at - t.received_at AS duration,
         t.remote_address, t.user_agent, t.http_status, t.certificate, t.committed,
         (SELECT jsonb_object_agg(n.code, n.objects) FROM sppp.transaction_code n WHERE n.transaction_id = t.id) AS codes,
         (SELECT octet_length(b.body) FROM sppp.transaction_body b WHERE b.transaction_id = t.id) AS kept_bytes
    FROM sppp.transaction t
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id
    LEFT JOIN sppp.credential c ON c.id = t.credential_id;
COMMENT ON VIEW sppp_api.transaction IS 'One row per request: who asked what, when, and what came of it';
COMMENT ON COLUMN sppp_api.transaction.server_trans_id IS 'Id that the client was given in the answer; later ones sort after it';
COMMENT ON COLUMN sppp_api.transaction.client_trans_id IS 'Id that the client gave, if any';
COMMENT ON COLUMN sppp_api.transaction.registrar IS 'Organization that asked';
COMMENT ON COLUMN sppp_api.transaction.username IS 'Credential that it used';
COMMENT ON COLUMN sppp_api.transaction.operation IS 'The operation, such as submitAddRqst';
COMMENT ON COLUMN sppp_api.transaction.mode IS 'atomic, partial or validate';
COMMENT ON COLUMN sppp_api.transaction.code IS 'Overall result; 1000 is success, from 2000 on it is not (RFC 7878 §7.3)';
COMMENT ON COLUMN sppp_api.transaction.message IS 'Overall result in words';
COMMENT ON COLUMN sppp_api.transaction.objects IS 'Objects and keys in the request';
COMMENT ON COLUMN sppp_api.transaction.failed IS 'How many of them failed';
COMMENT ON COLUMN sppp_api.transaction.received_at IS 'When the request came';
COMMENT ON COLUMN sppp_api.transaction.duration IS 'From its coming to the answer';
COMMENT ON COLUMN sppp_api.transaction.remote_address IS 'Address that it came from';
COMMENT ON COLUMN sppp_api.transaction.user_agent IS 'What the client called itself';
COMMENT ON COLUMN sppp_api.transaction.http_status IS 'Status of the answer to a request that was no readable message';
COMMENT ON COLUMN sppp_api.transaction.certificate IS 'SHA-256 of the client certificate, if one was shown';
COMMENT ON COLUMN sppp_api.transaction.committed IS 'Whether what it asked for is in the registry, as far as it did not fail';
COMMENT ON COLUMN sppp_api.transaction.codes IS 'How many objects were told which code, successes aside; null: none';
COMMENT ON COLUMN sppp_api.transaction.kept_bytes IS 'Bytes kept of the request, compressed; null: none';

CREATE OR REPLACE VIEW sppp_api.transaction_failure AS
  SELECT t.server_trans_id, t.client_trans_id, rar.org_id AS registrar, t.received_at, f.index, f.verb, f.registrant,
         f.noun::text AS noun, f.key AS identifier, f.code, f.attr_name, f.attr_val, f.is_cut, f.reason
    FROM sppp.transaction_failure f
    JOIN sppp.transaction t ON t.id = f.transaction_id
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id;
COMMENT ON VIEW sppp_api.transaction_failure IS 'Objects and keys of requests that failed, and why (RFC 7878 §7.3)';
COMMENT ON COLUMN sppp_api.transaction_failure.server_trans_id IS 'The request';
COMMENT ON COLUMN sppp_api.transaction_failure.client_trans_id IS 'Id that the client gave it, if any';
COMMENT ON COLUMN sppp_api.transaction_failure.registrar IS 'Whose request it was';
COMMENT ON COLUMN sppp_api.transaction_failure.received_at IS 'When the request came';
COMMENT ON COLUMN sppp_api.transaction_failure.index IS 'Which object or key of the request it is, from 1, in the order of the document';
COMMENT ON COLUMN sppp_api.transaction_failure.verb IS 'What was to be done: add, delete, accept, reject or get';
COMMENT ON COLUMN sppp_api.transaction_failure.registrant IS 'Whose object it was to be, as it was sent';
COMMENT ON COLUMN sppp_api.transaction_failure.noun IS 'Kind of object';
COMMENT ON COLUMN sppp_api.transaction_failure.identifier IS 'Case-folded name; kind and value of a number; group and organization of an offer; null: no valid value was sent';
COMMENT ON COLUMN sppp_api.transaction_failure.code IS 'What was answered: 2101, 2102 or 2103';
COMMENT ON COLUMN sppp_api.transaction_failure.attr_name IS 'The element at fault';
COMMENT ON COLUMN sppp_api.transaction_failure.attr_val IS 'Its value as it was sent';
COMMENT ON COLUMN sppp_api.transaction_failure.is_cut IS 'Whether the value was longer than what is kept of it';
COMMENT ON COLUMN sppp_api.transaction_failure.reason IS 'Why, in words; null: the code says it';

CREATE OR REPLACE VIEW sppp_api.deletion AS
  SELECT t.received_at AS deleted_at, rar.org_id AS registrar, rant.org_id AS registrant, d.noun::text AS noun, d.key AS identifier,
         d.offers_gone, d.references_gone, t.server_trans_id
    FROM sppp.deletion d
    JOIN sppp.transaction t ON t.id = d.transaction_id
    JOIN sppp.organization rant ON rant.id = d.rant_id
    LEFT JOIN sppp.organization rar ON rar.id = t.registrar_id;
COMMENT ON VIEW sppp_api.deletion IS 'What was deleted, by whom and in which request (RFC 7877 §7.2)';
COMMENT ON COLUMN sppp_api.deletion.deleted_at IS 'When the request came';
COMMENT ON COLUMN sppp_api.deletion.registrar IS 'Whose request it was';
COMMENT ON COLUMN sppp_api.deletion.registrant IS 'Whose object it was';
COMMENT ON COLUMN sppp_api.deletion.noun IS 'Kind of object';
COMMENT ON COLUMN sppp_api.deletion.identifier IS 'Case-folded name; kind and value of a number; group and organization of an offer';
COMMENT ON COLUMN sppp_api.deletion.offers_gone IS 'Offers that went along';
COMMENT ON COLUMN sppp_api.deletion.references_gone IS 'References of other objects that went along';
COMMENT ON COLUMN sppp_api.deletion.server_trans_id IS 'The request';

CREATE OR REPLACE VIEW sppp_api.registrar_usage AS
  SELECT rar.org_id AS registrar, (t.received_at AT TIME ZONE 'UTC')::date AS day, t.operation, count(*) AS requests,
         count(*) FILTER (WHERE t.code >= 2000) AS refused, sum(t.objects) AS objects, sum(t.failed) AS failed,
         max(t.answered_at - t.received_at) AS slowest
    FROM sppp.transaction t
    JOIN sppp.organization rar ON rar.id = t.registrar_id
   GROUP BY 1, 2, 3;
COMMENT ON VIEW sppp_api.registrar_usage IS 'What registrars asked per day and operation';
COMMENT ON COLUMN sppp_api.registrar_usage.registrar IS 'Organization that asked';
COMMENT ON COLUMN sppp_api.registrar_usage.day IS 'Day in UTC';
COMMENT ON COLUMN sppp_api.registrar_usage.operation IS 'The operation, such as submitAddRqst';
COMMENT ON COLUMN sppp_api.registrar_usage.requests IS 'Requests';
COMMENT ON COLUMN sppp_api.registrar_usage.refused IS 'Requests with an overall result from 2000 on';
COMMENT ON COLUMN sppp_api.registrar_usage.objects IS 'Objects and keys in them';
COMMENT ON COLUMN sppp_api.registrar_usage.failed IS 'How many of those failed';
COMMENT ON COLUMN sppp_api.registrar_usage.slowest IS 'Longest time to an answer';

CREATE OR REPLACE VIEW sppp_api.throttle AS
  SELECT rar.org_id AS registrar, date_trunc('hour', t.received_at) AS hour, count(*) AS unavailable,
         count(*) FILTER (WHERE t.message LIKE '%(throttled: %') AS throttled, max(t.received_at) AS last_at
    FROM sppp.transaction t
    JOIN sppp.organization rar ON rar.id = t.registrar_id
   WHERE t.code = 2300
   GROUP BY 1, 2;
COMMENT ON VIEW sppp_api.throttle IS 'Requests answered 2300 per registrar and hour, and how many of them for asking too much';
COMMENT ON COLUMN sppp_api.throttle.registrar IS 'Whose requests';
COMMENT ON COLUMN sppp_api.throttle.hour IS 'The hour in which they came';
COMMENT ON COLUMN sppp_api.throttle.unavailable IS 'Requests answered 2300';
COMMENT ON COLUMN sppp_api.throttle.throttled IS 'Of these, for asking too much';
COMMENT ON COLUMN sppp_api.throttle.last_at IS 'When the last one came';

CREATE OR REPLACE VIEW sppp_api.refusal AS
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
