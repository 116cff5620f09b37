-- Publishes what is in the outbox (docs/events.md), the oldest first: rows of about so many events, each row wholly. Positions
-- follow each other without a gap, in the order of publication: an event that a transaction committed late comes behind
-- those that were published before it. Whatever depends on another change comes behind that one, as it waited for its commit
-- before it took its id.
--
-- Returns how many events; null: another node publishes. An empty outbox is only read.
CREATE OR REPLACE FUNCTION sppp.publish_events(about integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  start bigint;
  count integer;
BEGIN
  IF NOT EXISTS (SELECT FROM sppp.event_outbox) THEN
    RETURN 0;
  END IF;
  SELECT h.published INTO start FROM sppp.event_horizon h WHERE h.id = 1 FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN NULL;
  END IF;
  WITH due AS (
    SELECT id FROM (SELECT o.id, sum(o.events) OVER (ORDER BY o.id) - o.events AS before
                      FROM (SELECT id, events FROM sppp.event_outbox ORDER BY id LIMIT about) o) counted
     WHERE before < about),
  taken AS (
    DELETE FROM sppp.event_outbox WHERE id IN (SELECT id FROM due) RETURNING *)
  INSERT INTO sppp.event (position, type, organization_id, noun, subject, happened_at, transaction_id, data)
  SELECT start + row_number() OVER (ORDER BY t.id, k.nth), t.type, t.organization_id, t.noun,
         t.subject_begin || k.key || t.subject_end, t.happened_at, t.transaction_id,
         CASE WHEN t.member IS NULL THEN t.data ELSE t.data || jsonb_build_object(t.member, k.key) END
    FROM taken t CROSS JOIN LATERAL unnest(t.keys) WITH ORDINALITY AS k(key, nth);
  GET DIAGNOSTICS count = ROW_COUNT;
  UPDATE sppp.event_horizon SET published = start + count WHERE id = 1;
  PERFORM pg_notify('sppp_events', (start + count)::text);
  RETURN count;
END $$;
