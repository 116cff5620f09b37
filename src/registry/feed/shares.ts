import type { ClientBase } from 'pg';

/** Two moments: what a cursor saw, and now. */
export interface Interval {
  readonly askerId: number;
  /** A pg_snapshot; null for everything from nothing. */
  readonly since: string | null;
  /** No transaction below it is new. */
  readonly fromXid: string;
  /** Transactions below it that `since` did not see may have been seen nevertheless. */
  readonly doubtBelow: string;
}

/**
 * The shares of others with the asker: row ids of SED groups, and of the destination groups that they serve. `then` were
 * surely seen at the cursor, `perhaps` may have been: all of `then`, and more if there are doubts.
 */
export interface Shares {
  readonly groups: readonly number[];
  readonly groupsThen: readonly number[];
  readonly groupsPerhaps: readonly number[];
  readonly served: readonly number[];
  readonly servedThen: readonly number[];
  readonly servedPerhaps: readonly number[];
}

const none: Shares = {
  ...{ groups: [], groupsThen: [], groupsPerhaps: [] },
  ...{ served: [], servedThen: [], servedPerhaps: [] },
};

/**
 * Reads the SED groups that an organization has accepted, and their destination groups. The earlier state follows from
 * the present one and from the first change since, for each pair of group and peer and of group and destination group. A
 * reader that may have seen some of these changes surely has what was not lost in them, and perhaps has what was gained.
 */
export async function readShares(db: ClientBase, { askerId, since, fromXid, doubtBelow }: Interval): Promise<Shares> {
  const { rows } = await db.query<Shares>(
    `WITH change AS (
       SELECT id, sed_group, peer, destination_group, is_gain, xid < $4 AS is_in_doubt
         FROM sppp.share_change
        WHERE xid >= $2 AND sppp.is_after(xid, $3::pg_snapshot) AND (peer IS NULL OR peer = $1)),
     first AS (
       SELECT DISTINCT ON (sed_group, peer, destination_group) sed_group, peer, destination_group, is_gain
         FROM change ORDER BY sed_group, peer, destination_group, id),
     lost AS (SELECT sed_group, peer, destination_group FROM change WHERE is_in_doubt AND NOT is_gain),
     gained AS (SELECT sed_group, peer, destination_group FROM change WHERE is_in_doubt AND is_gain),
     now AS (SELECT f.sed_group_id AS id
               FROM sppp.sed_group_offer f
               JOIN sppp.sed_group g ON g.id = f.sed_group_id
               JOIN sppp.organization o ON o.id = g.rant_id
              WHERE f.offered_to_id = $1 AND f.status = 'accepted' AND o.suspended_at IS NULL),
     past AS (
       SELECT id FROM now
       EXCEPT SELECT sed_group FROM first WHERE peer IS NOT NULL AND is_gain
       UNION SELECT sed_group FROM first WHERE peer IS NOT NULL AND NOT is_gain),
     sure AS (SELECT id FROM past EXCEPT SELECT sed_group FROM lost WHERE peer IS NOT NULL),
     perhaps AS (SELECT id FROM past UNION SELECT sed_group FROM gained WHERE peer IS NOT NULL),
     serving AS (
       SELECT sed_group_id, destination_group_id FROM sppp.sed_group_dest_grp
        WHERE sed_group_id IN (SELECT id FROM now UNION SELECT id FROM perhaps)),
     past_serving AS (
       SELECT sed_group_id, destination_group_id FROM serving
       EXCEPT SELECT sed_group, destination_group FROM first WHERE destination_group IS NOT NULL AND is_gain
       UNION SELECT sed_group, destination_group FROM first WHERE destination_group IS NOT NULL AND NOT is_gain),
     sure_serving AS (
       SELECT sed_group_id, destination_group_id FROM past_serving
       EXCEPT SELECT sed_group, destination_group FROM lost WHERE destination_group IS NOT NULL),
     perhaps_serving AS (
       SELECT sed_group_id, destination_group_id FROM past_serving
       UNION SELECT sed_group, destination_group FROM gained WHERE destination_group IS NOT NULL)
     SELECT ARRAY(SELECT id FROM now ORDER BY 1) AS groups,
            ARRAY(SELECT id FROM sure WHERE $3 IS NOT NULL ORDER BY 1) AS "groupsThen",
            ARRAY(SELECT id FROM perhaps WHERE $3 IS NOT NULL ORDER BY 1) AS "groupsPerhaps",
            ARRAY(SELECT DISTINCT destination_group_id FROM serving
                   WHERE sed_group_id IN (SELECT id FROM now) ORDER BY 1) AS served,
            ARRAY(SELECT DISTINCT destination_group_id FROM sure_serving
                   WHERE $3 IS NOT NULL AND sed_group_id IN (SELECT id FROM sure) ORDER BY 1) AS "servedThen",
            ARRAY(SELECT DISTINCT destination_group_id FROM perhaps_serving
                   WHERE $3 IS NOT NULL AND sed_group_id IN (SELECT id FROM perhaps) ORDER BY 1) AS "servedPerhaps"`,
    [askerId, fromXid, since, doubtBelow],
  );
  return rows[0] ?? none;
}
