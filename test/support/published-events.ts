import type { TestServer } from './server.js';

/** An event to publish; its organization is an id such as `iana-en:222`. */
export interface EventToPublish {
  readonly type?: string;
  readonly organization: string | null;
  readonly noun?: string | null;
  readonly subject?: string;
  readonly data?: object;
}

/** Publishes events in one transaction, as the publisher does. Returns their positions. */
export async function publish({ sql }: Pick<TestServer, 'sql'>, events: readonly EventToPublish[]): Promise<number[]> {
  const rows = events.map(
    ({ type = 'sppp.offer.made.v1', organization, noun = null, subject = 'some', data = {} }) => ({
      ...{ type, organization, noun, subject, data },
    }),
  );
  const published = await sql<{ position: string }>(
    `WITH given AS (
       SELECT e.*, row_number() OVER () AS number
         FROM jsonb_to_recordset($1) AS e(type text, organization text, noun text, subject text, data jsonb)),
     horizon AS (
       UPDATE sppp.event_horizon SET published = published + (SELECT count(*) FROM given) RETURNING published),
     told AS (SELECT pg_notify('sppp_events', published::text) FROM horizon),
     added AS (
       INSERT INTO sppp.event (position, type, organization_id, noun, subject, happened_at, data)
       SELECT h.published - (SELECT count(*) FROM given) + g.number, g.type, o.id, g.noun, g.subject, clock_timestamp(), g.data
         FROM given g CROSS JOIN horizon h LEFT JOIN sppp.organization o ON o.org_id = g.organization
       RETURNING position)
     SELECT position FROM added, told ORDER BY position`,
    [JSON.stringify(rows)],
  );
  return published.map(({ position }) => Number(position));
}
