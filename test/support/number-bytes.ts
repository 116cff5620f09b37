import type pg from 'pg';

/** Bytes on disk, by purpose. */
export interface NumberBytes {
  readonly rows: number;
  readonly indexes: number;
  /** Free space and visibility maps. */
  readonly maps: number;
}

/** The size of the tables of numbers and of their destination groups, with their indexes, after a vacuum. */
export async function numberBytes(db: Pick<pg.ClientBase, 'query'>): Promise<NumberBytes> {
  await db.query('VACUUM (ANALYZE) sppp.public_identifier, sppp.destination_group_member');
  const { rows } = await db.query<NumberBytes>(
    `WITH relation AS (
       SELECT t.oid, true AS is_table
         FROM unnest('{sppp.public_identifier, sppp.destination_group_member}'::regclass[]) AS t(oid)
        UNION ALL
       SELECT i.indexrelid, false
         FROM pg_index i
        WHERE i.indrelid IN ('sppp.public_identifier'::regclass, 'sppp.destination_group_member'::regclass))
     SELECT (sum(pg_relation_size(oid)) FILTER (WHERE is_table))::int8 AS rows,
            (sum(pg_relation_size(oid)) FILTER (WHERE NOT is_table))::int8 AS indexes,
            sum(pg_relation_size(oid, 'fsm') + pg_relation_size(oid, 'vm'))::int8 AS maps
       FROM relation`,
  );
  const [bytes] = rows;
  if (bytes === undefined) throw new Error('no tables of numbers');
  return { rows: Number(bytes.rows), indexes: Number(bytes.indexes), maps: Number(bytes.maps) };
}
