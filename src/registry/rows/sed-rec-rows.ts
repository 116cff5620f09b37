import type { ClientBase } from 'pg';
import type { IpAddr, SedRec } from '../../model/sed-rec.js';
import { type BasicRow, basicObj, present } from './basic-row.js';
import type { NamedRow, RowName } from './named-rows.js';
import { gather } from './ref-row.js';
import type { Stamp } from './stamp.js';

export interface SedRecRow extends NamedRow {
  readonly record: SedRec;
}

/** Creates SED records of all kinds, or replaces those that are there (RFC 7877 §7.1). No name may come twice. */
export async function putSedRecs(db: ClientBase, stamp: Stamp, rows: readonly SedRecRow[]): Promise<void> {
  const columns = rows.map(({ record }) => columnsOf(record));
  const { rows: written } = await db.query<RowName & { id: number }>(
    `INSERT INTO sppp.sed_record AS o
       (transaction_id, c_date, m_date, rant_id, rar_id, name, name_key, kind, sed_function, is_in_svc, ttl, naptr_order,
        flags, svcs, ere, regx_repl, repl, host_name, uri, ext, own_ext)
     SELECT $1, $2, * FROM unnest(
         $3::timestamptz[], $4::int[], $5::int[], $6::text[], $7::text[], $8::sppp.sed_record_kind[],
         $9::sppp.sed_function[], $10::boolean[], $11::int[], $12::int[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[],
         $18::text[], $19::text[], $20::text[], $21::text[])
         AS n(m_date, rant_id, rar_id, name, name_key, kind, sed_function, is_in_svc, ttl, naptr_order, flags, svcs,
              ere, regx_repl, repl, host_name, uri, ext, own_ext)
      ORDER BY rant_id, name_key
     ON CONFLICT (rant_id, name_key) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date),
       name = excluded.name, kind = excluded.kind, sed_function = excluded.sed_function,
       is_in_svc = excluded.is_in_svc, ttl = excluded.ttl, naptr_order = excluded.naptr_order,
       flags = excluded.flags, svcs = excluded.svcs, ere = excluded.ere, regx_repl = excluded.regx_repl,
       repl = excluded.repl, host_name = excluded.host_name, uri = excluded.uri, ext = excluded.ext,
       own_ext = excluded.own_ext
     RETURNING id, rant_id AS "rantId", name_key AS "nameKey"`,
    [
      stamp.transactionId,
      stamp.at,
      rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
      rows.map(({ rantId }) => rantId),
      rows.map(({ rarId }) => rarId),
      rows.map(({ record }) => record.sedName),
      rows.map(({ nameKey }) => nameKey),
      columns.map(({ kind }) => kind),
      rows.map(({ record }) => record.sedFunction),
      rows.map(({ record }) => record.isInSvc),
      rows.map(({ record }) => record.ttl),
      columns.map(({ naptrOrder }) => naptrOrder),
      columns.map(({ flags }) => flags),
      columns.map(({ svcs }) => svcs),
      columns.map(({ ere }) => ere),
      columns.map(({ regxRepl }) => regxRepl),
      columns.map(({ repl }) => repl),
      columns.map(({ hostName }) => hostName),
      columns.map(({ uri }) => uri),
      rows.map(({ record }) => record.ext),
      rows.map(({ record }) => record.ownExt),
    ],
  );
  const ids = new Map(written.map(({ id, rantId, nameKey }) => [`${rantId} ${nameKey}`, id]));
  await db.query('DELETE FROM sppp.sed_record_ip_addr WHERE sed_record_id = ANY ($1)', [[...ids.values()]]);
  await putIpAddrs(
    db,
    rows.map(({ rantId, nameKey, record }) => ({ id: ids.get(`${rantId} ${nameKey}`), record })),
  );
}

/** Deletes SED records; the references to them go (RFC 7877 §7.2). */
export async function deleteSedRecs(db: ClientBase, stamp: Stamp, ids: readonly number[]): Promise<void> {
  const values = [stamp.transactionId, stamp.at, ids];
  await db.query(
    `UPDATE sppp.public_identifier SET transaction_id = $1, m_date = greatest($2, c_date, m_date)
      WHERE id IN (SELECT public_identifier_id FROM sppp.public_identifier_sed_record WHERE sed_record_id = ANY ($3))`,
    values,
  );
  await db.query(
    `UPDATE sppp.sed_group SET transaction_id = $1, m_date = greatest($2, c_date, m_date)
      WHERE id IN (SELECT sed_group_id FROM sppp.sed_group_sed_record WHERE sed_record_id = ANY ($3))`,
    values,
  );
  await db.query('DELETE FROM sppp.sed_record WHERE id = ANY ($1)', [ids]);
}

interface Columns {
  readonly kind: 'NAPTR' | 'NS' | 'URI';
  readonly naptrOrder?: number | null;
  readonly flags?: string | null | undefined;
  readonly svcs?: string | null;
  readonly ere?: string | null | undefined;
  readonly regxRepl?: string | null | undefined;
  readonly repl?: string | null | undefined;
  readonly hostName?: string | null;
  readonly uri?: string | null;
}

/** Where regx is given, repl is ignored and not kept (RFC 7877 §6.4). */
function columnsOf(record: SedRec): Columns {
  switch (record.kind) {
    case 'NAPTRType': {
      const { order, flags, svcs, regx, repl } = record;
      const rule = regx === undefined ? { repl } : { ere: regx.ere, regxRepl: regx.repl };
      return { kind: 'NAPTR', naptrOrder: order, flags, svcs, ...rule };
    }
    case 'NSType':
      return { kind: 'NS', hostName: record.hostName };
    case 'URIType':
      return { kind: 'URI', ere: record.ere, uri: record.uri };
  }
}

async function putIpAddrs(db: ClientBase, rows: readonly { id: number | undefined; record: SedRec }[]): Promise<void> {
  const addrs = rows.flatMap(({ id, record }) =>
    record.kind === 'NSType' ? record.ipAddr.map((ipAddr, position) => ({ id, position, ...ipAddr })) : [],
  );
  if (addrs.length === 0) return;
  await db.query(
    `INSERT INTO sppp.sed_record_ip_addr (sed_record_id, position, version, addr, ext)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[])`,
    [
      addrs.map(({ id }) => id),
      addrs.map(({ position }) => position),
      addrs.map(({ type }) => type),
      addrs.map(({ addr }) => addr),
      addrs.map(({ ext }) => ext),
    ],
  );
}

interface ReadRow extends BasicRow, Columns {
  readonly name: string;
  readonly sedFunction: 'routing' | 'lookup' | null;
  readonly isInSvc: boolean;
  readonly ttl: number | null;
  readonly ownExt: string | null;
}

/** SED records by row id. */
export async function readSedRecs(db: ClientBase, ids: readonly number[]): Promise<Map<number, SedRec>> {
  const { rows } = await db.query<ReadRow>(
    `SELECT o.id, rant.org_id AS rant, rar.org_id AS rar, o.c_date AS "cDate", o.m_date AS "mDate", o.ext, o.name,
            o.kind, o.sed_function AS "sedFunction", o.is_in_svc AS "isInSvc", o.ttl, o.naptr_order AS "naptrOrder",
            o.flags, o.svcs, o.ere, o.regx_repl AS "regxRepl", o.repl, o.host_name AS "hostName", o.uri,
            o.own_ext AS "ownExt"
       FROM sppp.sed_record o
       JOIN sppp.organization rant ON rant.id = o.rant_id
       JOIN sppp.organization rar ON rar.id = o.rar_id
      WHERE o.id = ANY ($1)`,
    [ids],
  );
  const { rows: addrs } = await db.query<{ owner: number; version: IpAddr['type']; addr: string; ext: string | null }>(
    `SELECT sed_record_id AS owner, version, addr, ext FROM sppp.sed_record_ip_addr
      WHERE sed_record_id = ANY ($1) ORDER BY sed_record_id, position`,
    [ids],
  );
  const ipAddrs = gather(addrs, ({ version, addr, ext }): IpAddr => ({ type: version, addr, ...present({ ext }) }));
  return new Map(rows.map((row) => [row.id, sedRecOf(row, ipAddrs.get(row.id) ?? [])]));
}

function sedRecOf(row: ReadRow, ipAddr: readonly IpAddr[]): SedRec {
  const { sedFunction, ttl, ownExt, flags, repl } = row;
  const basic = {
    ...basicObj(row),
    sedName: row.name,
    isInSvc: row.isInSvc,
    ...present({ sedFunction, ttl, ownExt }),
  };
  switch (row.kind) {
    case 'NAPTR': {
      const regx = row.ere && row.regxRepl ? { regx: { ere: row.ere, repl: row.regxRepl } } : {};
      const order = row.naptrOrder ?? 0;
      return { kind: 'NAPTRType', ...basic, order, svcs: row.svcs ?? '', ...present({ flags, repl }), ...regx };
    }
    case 'NS':
      return { kind: 'NSType', ...basic, hostName: row.hostName ?? '', ipAddr };
    case 'URI':
      return { kind: 'URIType', ...basic, ere: row.ere ?? '', uri: row.uri ?? '' };
  }
}
