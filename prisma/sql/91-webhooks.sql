-- Webhooks (docs/webhooks.md). Jobs are in the schema sppp_jobs, which sppp migrate makes last.

-- Whether an organization (NULL: the operators) is told an event: of itself, and of objects that it may get. `isSelected` says the
-- same of readers (test/webhooks/told).
CREATE OR REPLACE FUNCTION sppp.is_told(reader integer, organization integer, noun text) RETURNS boolean
  LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT CASE
    WHEN reader IS NULL OR organization IS NULL THEN reader IS NULL AND organization IS NULL
    WHEN noun IS NULL THEN reader = organization
    ELSE EXISTS (
      SELECT FROM sppp.registrar_grant g
       WHERE g.registrar_id = reader AND g.registrant_id = organization
         AND (g.nouns IS NULL OR noun = ANY (string_to_array(g.nouns, ',')))
         AND (g.verbs IS NULL OR 'get' = ANY (string_to_array(g.verbs, ','))))
  END;
END;

-- Has a node see to a webhook: at once or, if it rests, after that. One job at a time works for a webhook; one that is added
-- while another is at work follows it. Jobs of all webhooks take turns: none is before another because its delivery is older.
CREATE OR REPLACE FUNCTION sppp.see_to_webhooks(webhooks integer[], due timestamptz DEFAULT now()) RETURNS void
  LANGUAGE plpgsql AS $$
BEGIN
  IF cardinality(webhooks) = 0 OR to_regclass('sppp_jobs.jobs') IS NULL THEN RETURN; END IF;
  PERFORM sppp_jobs.add_jobs(ARRAY(
    SELECT ('webhook', json_build_object('webhook', w.id), 'webhook ' || w.id, greatest(due, w.resting_until, now()),
            NULL, 'webhook ' || w.id, NULL, NULL)::sppp_jobs.job_spec
      FROM sppp.webhook w WHERE w.id = ANY (webhooks) AND w.disabled_at IS NULL));
END $$;

-- Events become deliveries in the transaction that publishes them: none is lost, and none is looked for.
CREATE OR REPLACE FUNCTION sppp.make_webhook_deliveries() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  told integer[];
BEGIN
  IF NOT EXISTS (SELECT FROM sppp.webhook) THEN RETURN NULL; END IF;
  WITH made AS (
    INSERT INTO sppp.webhook_delivery (webhook_id, position, type)
    SELECT w.id, e.position, e.type
      FROM published e
      JOIN sppp.webhook w ON w.disabled_at IS NULL AND sppp.is_told(w.organization_id, e.organization_id, e.noun)
      LEFT JOIN sppp.organization o ON o.id = w.organization_id
     WHERE CASE WHEN e.type = 'sppp.webhook.test.v1' THEN e.subject = 'webhook:' || w.id
                ELSE w.types = '{}' OR EXISTS (
                  SELECT FROM unnest(w.types) t
                   WHERE CASE WHEN t LIKE '%.*' THEN starts_with(e.type, left(t, -1)) ELSE e.type = t END) END
       AND (o.suspended_at IS NULL OR e.noun IS NULL)
       FOR KEY SHARE OF w -- one that is being removed is left out
    RETURNING webhook_id
  )
  SELECT array_agg(DISTINCT webhook_id) INTO told FROM made;
  PERFORM sppp.see_to_webhooks(coalesce(told, '{}'));
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER make_webhook_deliveries AFTER INSERT ON sppp.event
  REFERENCING NEW TABLE AS published FOR EACH STATEMENT EXECUTE FUNCTION sppp.make_webhook_deliveries();

-- Publishes an event that webhooks themselves cause. Returns its position.
CREATE OR REPLACE FUNCTION sppp.publish_webhook_event(of_type text, organization integer, webhook integer, content jsonb)
  RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  place bigint;
BEGIN
  UPDATE sppp.event_horizon SET published = published + 1 WHERE id = 1 RETURNING published INTO place;
  INSERT INTO sppp.event (position, type, organization_id, noun, subject, happened_at, data)
  VALUES (place, of_type, organization, NULL, 'webhook:' || webhook, clock_timestamp(), content);
  PERFORM pg_notify('sppp_events', place::text);
  RETURN place;
END $$;

-- Sends nothing more to a webhook, and tells its organization and the operators.
CREATE OR REPLACE FUNCTION sppp.disable_webhook(webhook integer, because text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  organization integer;
  content jsonb;
BEGIN
  UPDATE sppp.webhook w SET disabled_at = clock_timestamp(), disabled_because = because
   WHERE w.id = webhook AND w.disabled_at IS NULL
   RETURNING w.organization_id, jsonb_build_object('webhook', w.id, 'url', w.url, 'reason', because)
   INTO organization, content;
  IF content IS NULL THEN RETURN; END IF;
  PERFORM sppp.publish_webhook_event('sppp.webhook.disabled.v1', to_whom, webhook, content)
     FROM (SELECT organization WHERE organization IS NOT NULL UNION ALL SELECT NULL) AS t(to_whom);
END $$;

-- Writes how attempts have ended, and has a node see to the webhook when the next delivery is due.
--   ended: [{position, state, due_in (seconds), http_status, answer, failure, milliseconds}]
--   rest: seconds for which nothing is sent, as nobody answered; NULL: somebody did
CREATE OR REPLACE FUNCTION sppp.end_webhook_attempts(
  webhook integer, ended jsonb, rest double precision, because text, patience interval
) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  since timestamptz;
  following timestamptz;
BEGIN
  -- Who removes the webhook locks it before its deliveries, too.
  PERFORM FROM sppp.webhook w WHERE w.id = webhook FOR NO KEY UPDATE;
  UPDATE sppp.webhook_delivery d
     SET state = a.state, attempts = d.attempts + 1, attempted_at = clock_timestamp(),
         due_at = clock_timestamp() + make_interval(secs => a.due_in), http_status = a.http_status, answer = a.answer,
         failure = a.failure, milliseconds = a.milliseconds
    FROM jsonb_to_recordset(ended) AS a(position bigint, state text, due_in double precision, http_status integer,
                                           answer text, failure text, milliseconds integer)
   WHERE d.webhook_id = webhook AND d.position = a.position;
  UPDATE sppp.webhook w
     SET unanswered = CASE WHEN rest IS NULL THEN 0 ELSE w.unanswered + 1 END,
         resting_until = CASE WHEN rest IS NULL THEN '-infinity' ELSE clock_timestamp() + make_interval(secs => rest) END,
         failing_since = CASE WHEN ended @> '[{"state": "delivered"}]' THEN NULL
                              ELSE coalesce(w.failing_since, clock_timestamp()) END
   WHERE w.id = webhook AND (ended @> '[{"state": "delivered"}]' <> (w.failing_since IS NULL)
                             OR rest IS NOT NULL OR w.unanswered > 0);
  SELECT w.failing_since INTO since FROM sppp.webhook w WHERE w.id = webhook;
  IF because IS NULL AND since < clock_timestamp() - patience THEN
    because := 'every attempt since ' || to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') || ' has failed';
  END IF;
  IF because IS NOT NULL THEN
    PERFORM sppp.disable_webhook(webhook, because);
    RETURN;
  END IF;
  SELECT d.due_at INTO following FROM sppp.webhook_delivery d
   WHERE d.webhook_id = webhook AND d.state = 'waiting' ORDER BY d.due_at LIMIT 1;
  IF following IS NOT NULL THEN PERFORM sppp.see_to_webhooks(ARRAY[webhook], following); END IF;
END $$;
