import type { SedRec } from '../../model/sed-rec.js';
import { sedRecColumnList, writeSedRec } from '../../model/sed-rec-kinds.js';
import { type Sender, write } from '../connection/statement.js';
import { markReferring } from './lost-references.js';
import { listEntries, namedList } from './named-lists.js';
import type { NamedRow } from './named-rows.js';
import type { Stamp } from './stamp.js';

export interface SedRecRow extends NamedRow {
  readonly record: SedRec;
}

const ownColumns = sedRecColumnList.map(([, { column }]) => column);

/** The columns that requests write, with the types of their arrays. */
const written: readonly (readonly [column: string, type: string])[] = [
  ['m_date', 'timestamptz'],
  ['rant_id', 'int'],
  ['rar_id', 'int'],
  ['name', 'text'],
  ['name_key', 'text'],
  ['kind', 'sppp.sed_record_kind'],
  ['sed_function', 'sppp.sed_function'],
  ['is_in_svc', 'boolean'],
  ['ttl', 'int'],
  ...sedRecColumnList.map(([, { column, type }]) => [column, type] as const),
  ['ext', 'text'],
  ['own_ext', 'text'],
];
const names = written.map(([column]) => column);
const arrays = written.map(([, type], index) => `$${index + 3}::${type}[]`);
const replaced = ['transaction_id', 'rar_id', 'name', 'kind', 'sed_function', 'is_in_svc', 'ttl', ...ownColumns];

const putRows = write(
  'put SED records',
  `INSERT INTO sppp.sed_record AS o (transaction_id, c_date, ${names})
  SELECT $1, $2, * FROM unnest(${arrays}) AS n(${names}) ORDER BY rant_id, name_key
  ON CONFLICT (rant_id, name_key) DO UPDATE SET m_date = greatest(excluded.c_date, o.c_date, o.m_date),
    ${[...replaced, 'ext', 'own_ext'].map((column) => `${column} = excluded.${column}`)}`,
);
const putIpAddrs = namedList('sed_record', 'sed_record_ip_addr', {
  position: 'int',
  version: 'text',
  addr: 'text',
  ext: 'text',
});

/** Creates SED records of all kinds, or replaces existing ones (RFC 7877 §7.1). Each name comes once. */
export function putSedRecs(db: Sender, stamp: Stamp, rows: readonly SedRecRow[]): void {
  if (rows.length === 0) return;
  const written = rows.map(({ record }) => writeSedRec(record));
  putRows(db, [
    stamp.transactionId,
    stamp.at,
    rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
    rows.map(({ rantId }) => rantId),
    rows.map(({ rarId }) => rarId),
    rows.map(({ record }) => record.sedName),
    rows.map(({ nameKey }) => nameKey),
    written.map(({ kind }) => kind),
    rows.map(({ record }) => record.sedFunction),
    rows.map(({ record }) => record.isInSvc),
    rows.map(({ record }) => record.ttl),
    ...sedRecColumnList.map(([name]) => written.map(({ values }) => values[name])),
    rows.map(({ record }) => record.ext),
    rows.map(({ record }) => record.ownExt),
  ]);
  putIpAddrs(
    db,
    rows,
    listEntries(
      rows,
      ({ record }) => (record.kind === 'NSType' ? record.ipAddr : []),
      ({ type, addr, ext }) => [type, addr, ext],
    ),
  );
}

const markPubIds = markReferring('public_identifier', 'public_identifier_sed_record', 'sed_record_id');
const markSedGrps = markReferring('sed_group', 'sed_group_sed_record', 'sed_record_id');
const deleteRows = write('delete SED records', 'DELETE FROM sppp.sed_record WHERE id = ANY ($1)');

/** Deletes SED records, and the references to them (RFC 7877 §7.2). */
export function deleteSedRecs(db: Sender, stamp: Stamp, ids: readonly number[]): void {
  markPubIds(db, stamp, ids);
  markSedGrps(db, stamp, ids);
  deleteRows(db, [ids]);
}
