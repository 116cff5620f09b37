import type { ClientBase } from 'pg';

/** Two moments: what a cursor saw, and now. */
export interface Interval {
  readonly askerId: number;
  /** A pg_snapshot; null for everything from nothing. */
  readonly since: string | null;
  /** No transaction below it is new. */
  readonly fromXid: string;
}

/**
 * The shares of others with the asker at both moments: row ids of SED groups, and of the destination groups that they
 * serve.
 */
export interface Shares {
  readonly groups: readonly number[];
  readonly groupsThen: readonly number[];
  readonly served: readonly number[];
  readonly servedThen: readonly number[];
}

/**
 * Reads the SED groups that an organization has accepted, and their destination groups. The earlier state follows from
 * the present one and from the first change since, for each pair of group and peer and of group and destination group.
 */
export async function readShares(db: ClientBase, { askerId, since, fromXid }: Interval): Promise<Shares> {
  const { rows } = await db.query<Shares>(
    `WITH first AS (
       SELECT DISTINCT ON (sed_group, peer, destination_group) sed_group, peer, destination_group, is_gain
         FROM sppp.share_change
        WHERE xid >= $2 AND sppp.is_after(xid, $3::pg_snapshot) AND (peer IS NULL OR peer = $1)
        ORDER BY sed_group, peer, destination_group, id),
     now AS (SELECT f.sed_group_id AS id
               FROM sppp.sed_group_offer f
               JOIN sppp.sed_group g ON g.id = f.sed_group_id
               JOIN sppp.organization o ON o.id = g.rant_id
              WHERE f.offered_to_id = $1 AND f.status = 'accepted' AND o.suspended_at IS NULL),
     past AS (
       SELECT id FROM now
       EXCEPT SELECT sed_group FROM first WHERE peer IS NOT NULL AND is_gain
       UNION SELECT sed_group FROM first WHERE peer IS NOT NULL AND NOT is_gain),
     serving AS (
       SELECT sed_group_id, destination_group_id FROM sppp.sed_group_dest_grp
        WHERE sed_group_id IN (SELECT id FROM now UNION SELECT id FROM past)),
     past_serving AS (
       SELECT sed_group_id, destination_group_id FROM serving
       EXCEPT SELECT sed_group, destination_group FROM first WHERE destination_group IS NOT NULL AND is_gain
       UNION SELECT sed_group, destination_group FROM first WHERE destination_group IS NOT NULL AND NOT is_gain)
     SELECT ARRAY(SELECT id FROM now ORDER BY 1) AS groups,
            ARRAY(SELECT id FROM past WHERE $3 IS NOT NULL ORDER BY 1) AS "groupsThen",
            ARRAY(SELECT DISTINCT destination_group_id FROM serving
                   WHERE sed_group_id IN (SELECT id FROM now) ORDER BY 1) AS served,
            ARRAY(SELECT DISTINCT destination_group_id FROM past_serving
                   WHERE $3 IS NOT NULL AND sed_group_id IN (SELECT id FROM past) ORDER BY 1) AS "servedThen"`,
    [askerId, fromXid, since],
  );
  return rows[0] ?? { groups: [], groupsThen: [], served: [], servedThen: [] };
}
