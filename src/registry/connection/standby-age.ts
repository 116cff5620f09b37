/**
 * SQL for the seconds by which the data of this server may be older than those of its primary: 0 on a primary, NULL on a
 * standby that does not know. It is never too small, as far as the clocks of both machines agree. All that was committed
 * on the primary until one of these moments, by its clock, is here:
 *
 * - the commit that was replayed last. A node that writes commits something every second for standbys (`beat`), so this
 *   moment is recent even if nobody else writes; without a WAL receiver it stays where it is, and the age grows.
 * - the message that the WAL receiver got last, if everything is replayed that the primary had when it sent the message.
 *   Only roles with the rights of pg_read_all_stats see it.
 */
export const STANDBY_AGE = `CASE WHEN NOT pg_catalog.pg_is_in_recovery() THEN 0 ELSE (
  SELECT CASE WHEN known.at IS NOT NULL
              THEN greatest(extract(epoch FROM pg_catalog.clock_timestamp() - known.at), 0) END::float8
    FROM pg_catalog.pg_last_xact_replay_timestamp() AS replayed_at,
         LATERAL (SELECT CASE WHEN replayed_at > pg_catalog.clock_timestamp() - interval '2 s' THEN replayed_at
                              ELSE greatest(replayed_at, (SELECT r.last_msg_send_time
                                                            FROM pg_catalog.pg_stat_wal_receiver r
                                                           WHERE r.latest_end_lsn <= pg_catalog.pg_last_wal_replay_lsn()))
                         END AS at) AS known) END`;
