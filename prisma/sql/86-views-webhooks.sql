-- Webhooks, as operators read them. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.webhook AS
  SELECT w.id, o.org_id AS organization, w.url, nullif(w.types, '{}') AS types, w.created_at,
         CASE WHEN w.former_until > now() THEN w.former_until END AS former_until, w.failing_since, w.disabled_at,
         w.disabled_because
    FROM sppp.webhook w LEFT JOIN sppp.organization o ON o.id = w.organization_id;
COMMENT ON VIEW sppp_api.webhook IS 'Where events are sent; no secrets';
COMMENT ON COLUMN sppp_api.webhook.id IS 'Number of the webhook';
COMMENT ON COLUMN sppp_api.webhook.organization IS 'Whose events it gets; NULL: those of the operators';
COMMENT ON COLUMN sppp_api.webhook.url IS 'Where it leads';
COMMENT ON COLUMN sppp_api.webhook.types IS 'Types of events that it gets, and prefixes of some such as sppp.offer.*; NULL: all';
COMMENT ON COLUMN sppp_api.webhook.created_at IS 'When it was made';
COMMENT ON COLUMN sppp_api.webhook.former_until IS 'Until when the former secret signs, too; NULL: there is none';
COMMENT ON COLUMN sppp_api.webhook.failing_since IS 'Since when every attempt has failed; NULL: the last one did not';
COMMENT ON COLUMN sppp_api.webhook.disabled_at IS 'When it was disabled; NULL: it is not';
COMMENT ON COLUMN sppp_api.webhook.disabled_because IS 'Why it was disabled';

CREATE OR REPLACE VIEW sppp_api.webhook_delivery AS
  SELECT d.webhook_id AS webhook, d.position AS event, d.type, d.state, d.made_at,
         CASE WHEN d.state = 'waiting' THEN d.due_at END AS due_at, d.attempts, d.attempted_at, d.http_status, d.answer,
         d.failure, d.milliseconds
    FROM sppp.webhook_delivery d;
COMMENT ON VIEW sppp_api.webhook_delivery IS 'What was sent to webhooks, with the last attempt';
COMMENT ON COLUMN sppp_api.webhook_delivery.webhook IS 'Number of the webhook';
COMMENT ON COLUMN sppp_api.webhook_delivery.event IS 'Position of the event';
COMMENT ON COLUMN sppp_api.webhook_delivery.type IS 'Its type';
COMMENT ON COLUMN sppp_api.webhook_delivery.state IS 'waiting, delivered or failed';
COMMENT ON COLUMN sppp_api.webhook_delivery.made_at IS 'When the event was published, or the delivery asked for';
COMMENT ON COLUMN sppp_api.webhook_delivery.due_at IS 'When it is tried next; NULL: it is not';
COMMENT ON COLUMN sppp_api.webhook_delivery.attempts IS 'Attempts so far';
COMMENT ON COLUMN sppp_api.webhook_delivery.attempted_at IS 'When it was tried last';
COMMENT ON COLUMN sppp_api.webhook_delivery.http_status IS 'Status of the last answer; NULL: there was none';
COMMENT ON COLUMN sppp_api.webhook_delivery.answer IS 'Beginning of the last answer';
COMMENT ON COLUMN sppp_api.webhook_delivery.failure IS 'Why the last attempt did not succeed; NULL: it did, or there was none';
COMMENT ON COLUMN sppp_api.webhook_delivery.milliseconds IS 'How long the last attempt took';
