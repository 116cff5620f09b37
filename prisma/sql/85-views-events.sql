-- Events, as operators read them. Views, columns and their types are a contract (docs/sql-contract.json).

CREATE OR REPLACE VIEW sppp_api.event AS
  SELECT e.position, e.type, o.org_id AS organization, e.noun, e.subject, e.happened_at, e.published_at,
         t.server_trans_id AS caused_by, e.data
    FROM sppp.event e
    LEFT JOIN sppp.organization o ON o.id = e.organization_id
    LEFT JOIN sppp.transaction t ON t.id = e.transaction_id;
COMMENT ON VIEW sppp_api.event IS 'What organizations and operators are told (docs/event-queue.md)';
COMMENT ON COLUMN sppp_api.event.position IS 'Place in the order of publication; the id of the event';
COMMENT ON COLUMN sppp_api.event.type IS 'What happened, with a version, such as sppp.offer.made.v1';
COMMENT ON COLUMN sppp_api.event.organization IS 'Whom it is for; NULL: operators';
COMMENT ON COLUMN sppp_api.event.noun IS 'Kind of object that it is about; NULL: the organization itself, or the server';
COMMENT ON COLUMN sppp_api.event.subject IS 'Key of what it is about; events of one subject keep their order';
COMMENT ON COLUMN sppp_api.event.happened_at IS 'When it happened';
COMMENT ON COLUMN sppp_api.event.published_at IS 'From when on it can be read';
COMMENT ON COLUMN sppp_api.event.caused_by IS 'Request that caused it, see transaction.server_trans_id; NULL: an operator or time did';
COMMENT ON COLUMN sppp_api.event.data IS 'What happened, as the schema of its type has it';

CREATE OR REPLACE VIEW sppp_api.event_consumer AS
  SELECT rar.org_id AS registrar, c.name, c.position, h.published - c.position AS behind, c.missed_until, c.created_at,
         c.seen_at, c.acked_at
    FROM sppp.event_consumer c
    JOIN sppp.organization rar ON rar.id = c.registrar_id
   CROSS JOIN sppp.event_horizon h;
COMMENT ON VIEW sppp_api.event_consumer IS 'How far registrars have read their events';
COMMENT ON COLUMN sppp_api.event_consumer.registrar IS 'Organization that reads';
COMMENT ON COLUMN sppp_api.event_consumer.name IS 'Name that it reads under';
COMMENT ON COLUMN sppp_api.event_consumer.position IS 'Last position that was acknowledged';
COMMENT ON COLUMN sppp_api.event_consumer.behind IS 'Events published behind it, those for others included: above 0 also where nothing is left to read, until it acknowledges SPPP-Events-Next';
COMMENT ON COLUMN sppp_api.event_consumer.missed_until IS 'Last position that was deleted before it was acknowledged; NULL: none was';
COMMENT ON COLUMN sppp_api.event_consumer.created_at IS 'When it was made';
COMMENT ON COLUMN sppp_api.event_consumer.seen_at IS 'When it read or acknowledged last, written again after an hour';
COMMENT ON COLUMN sppp_api.event_consumer.acked_at IS 'When it acknowledged last; NULL: never';
