import type { Pool } from 'pg';

/** A request that is being carried out, as its node tells. */
export interface RequestUnderWay {
  readonly serverTransId: string;
  readonly registrarId: number;
  /** Undefined: its head has not been read yet. */
  readonly operation: string | undefined;
  readonly mode: string;
  /** Objects and keys that have been read. */
  readonly objects: number;
  readonly receivedAt: Date;
  /** How long it has been under way. */
  readonly milliseconds: number;
}

/** Seconds after which a request that its node does not tell of any more counts as gone: the node tells every second. */
const GONE_SECONDS = 30;

/** Tells of requests that are under way, in place of what was told before, and that others have ended. */
export async function tellUnderWay(
  pool: Pool,
  running: readonly RequestUnderWay[],
  ended: readonly string[],
): Promise<void> {
  await pool.query({
    name: 'requests under way',
    text: `WITH ended AS (DELETE FROM sppp.request_under_way WHERE server_trans_id = ANY ($8::uuid[]))
      INSERT INTO sppp.request_under_way
        (server_trans_id, registrar_id, operation, mode, objects, received_at, milliseconds, told_at)
      SELECT n.*, clock_timestamp()
        FROM unnest($1::uuid[], $2::int[], $3::text[], $4::text[], $5::int[], $6::timestamptz[], $7::bigint[]) AS n
      ON CONFLICT (server_trans_id) DO UPDATE
        SET operation = excluded.operation, objects = excluded.objects, milliseconds = excluded.milliseconds,
            told_at = excluded.told_at`,
    values: [
      running.map(({ serverTransId }) => serverTransId),
      running.map(({ registrarId }) => registrarId),
      running.map(({ operation }) => operation),
      running.map(({ mode }) => mode),
      running.map(({ objects }) => objects),
      running.map(({ receivedAt }) => receivedAt),
      running.map(({ milliseconds }) => milliseconds),
      ended,
    ],
  });
}

/** The same as it was read. */
export interface ToldRequest extends Omit<RequestUnderWay, 'registrarId' | 'operation'> {
  readonly registrar: string;
  readonly operation: string | null;
}

/**
 * The requests that are under way on all nodes, the oldest first.
 *
 * @param registrarId undefined: of all registrars
 */
export async function listUnderWay(pool: Pool, registrarId: number | undefined, max: number): Promise<ToldRequest[]> {
  const { rows } = await pool.query<ToldRequest>(
    `SELECT u.server_trans_id AS "serverTransId", o.org_id AS registrar, u.operation, u.mode, u.objects,
            u.received_at AS "receivedAt", u.milliseconds
       FROM sppp.request_under_way u JOIN sppp.organization o ON o.id = u.registrar_id
      WHERE u.told_at > clock_timestamp() - make_interval(secs => ${GONE_SECONDS}) AND ($1::int IS NULL OR u.registrar_id = $1)
      ORDER BY u.milliseconds DESC, u.server_trans_id LIMIT $2`,
    [registrarId, max],
  );
  return rows;
}

/** Deletes what nodes have told that are gone. */
export async function purgeUnderWay(pool: Pool): Promise<void> {
  await pool.query(
    `DELETE FROM sppp.request_under_way
      WHERE told_at <= clock_timestamp() - make_interval(secs => ${GONE_SECONDS})`,
  );
}
