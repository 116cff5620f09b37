import type { TestServer } from './server.js';

/** An event as a test publishes it. */
export interface GivenEvent {
  readonly type?: string;
  /** Organization id that it is for; null: operators. */
  readonly to: string | null;
  readonly noun?: string;
  readonly subject?: string;
  readonly data?: object;
  /** Days ago. */
  readonly age?: number;
  /** false: nobody is told. */
  readonly isNoticed?: boolean;
}

/** Has nothing that happens become an event from now on, so that there are only those of `publish`. */
export async function silenceCauses({ sql }: Pick<TestServer, 'sql'>): Promise<void> {
  await sql(
    `CREATE FUNCTION sppp.told_to_nobody() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
     CREATE TRIGGER told_to_nobody BEFORE INSERT ON sppp.event_outbox FOR EACH ROW EXECUTE FUNCTION sppp.told_to_nobody();
     DELETE FROM sppp.event_outbox`,
  );
}

/** Publishes events as the publisher does: positions of the horizon's row, and a notice, in one transaction. */
export async function publish({ sql }: Pick<TestServer, 'sql'>, ...events: readonly GivenEvent[]): Promise<number> {
  const [row] = await sql<{ published: string }>(
    `WITH given AS (SELECT e.*, row_number() OVER (ORDER BY e.n) AS place FROM jsonb_to_recordset($1::jsonb)
                      AS e(n integer, type text, "to" text, noun text, subject text, data jsonb, age float)),
          horizon AS (UPDATE sppp.event_horizon SET published = published + (SELECT count(*) FROM given) RETURNING published),
          added AS (INSERT INTO sppp.event (position, type, organization_id, noun, subject, happened_at, published_at, data)
                    SELECT published - (SELECT count(*) FROM given) + place, type, o.id, noun, subject,
                           now() - make_interval(secs => 86400 * age), clock_timestamp() - make_interval(secs => 86400 * age), data
                      FROM given LEFT JOIN sppp.organization o ON o.org_id = given."to", horizon)
     SELECT published, CASE WHEN $2 THEN pg_notify('sppp_events', published::text) END FROM horizon`,
    [
      JSON.stringify(events.map((event, n) => ({ n, ...whole(event) }))),
      events.every(({ isNoticed = true }) => isNoticed),
    ],
  );
  return Number(row?.published);
}

function whole({ type = 'sppp.grant.made.v1', to, noun, subject = 'org:x', data = {}, age = 0 }: GivenEvent) {
  return { type, to, noun: noun ?? null, subject, data, age };
}
