import type { ClientBase } from 'pg';
import type { CorInfo } from '../../model/cor-info.js';
import type { PubIdName } from '../../model/identity.js';
import type { PubId } from '../../model/pub-id.js';
import type { SedRecRef } from '../../model/sed-rec-ref.js';
import { writeDateTime } from '../../values/date-time.js';
import { statement } from '../connection/statement.js';
import { type BasicRow, basicObj, present } from './basic-row.js';
import { gather, type RefColumns, sedRecRefOf } from './ref-row.js';

interface ReadRow extends BasicRow {
  readonly type: PubIdName['type'];
  readonly spelling: string;
  readonly corClaim: boolean | null;
  readonly cor: boolean | null;
  readonly corDate: Date | null;
  readonly ownExt: string | null;
}

const pubIdRows = statement<ReadRow>(
  'read public identifiers',
  `SELECT o.id, rant.org_id AS rant, rar.org_id AS rar, coalesce(o.c_date, t.received_at) AS "cDate",
          o.m_date AS "mDate", o.ext, o.kind AS type, sppp.spelled(o.spelling, o.value) AS spelling,
          o.cor_claim AS "corClaim", o.cor, o.cor_date AS "corDate", o.own_ext AS "ownExt"
     FROM sppp.public_identifier o
     JOIN sppp.organization rant ON rant.id = o.rant_id
     JOIN sppp.transaction t ON t.id = o.transaction_id
     JOIN sppp.organization rar ON rar.id = coalesce(o.rar_id, t.registrar_id)
    WHERE o.id = ANY ($1)`,
);

/** Public identifiers by row id. */
export async function readPubIds(db: ClientBase, ids: readonly number[]): Promise<Map<number, PubId>> {
  const rows = await pubIdRows(db, [ids]);
  const destGrps = await readMembers(db, ids);
  const sedRecRefs = await readSedRecRefs(db, ids);
  return new Map(rows.map((row) => [row.id, pubIdOf(row, destGrps.get(row.id) ?? [], sedRecRefs.get(row.id) ?? [])]));
}

function pubIdOf(row: ReadRow, dgName: readonly string[], sedRecRef: readonly SedRecRef[]): PubId {
  const basic = { ...basicObj(row), dgName };
  const cor = row.corClaim === null ? {} : { corInfo: corInfoOf(row, row.corClaim) };
  switch (row.type) {
    case 'TN':
      return { kind: 'TNType', ...basic, tn: row.spelling, ...cor, sedRecRef };
    case 'TNPrefix':
      return { kind: 'TNPType', ...basic, tnPrefix: row.spelling, ...cor };
    case 'RN':
      return { kind: 'RNType', ...basic, rn: row.spelling, ...cor };
    case 'TNRange': {
      const [startRange = '', endRange = ''] = row.spelling.split('-');
      return { kind: 'TNRType', ...basic, range: { startRange, endRange }, ...cor };
    }
    case 'URI':
      return { kind: 'URIPubIdType', ...basic, uri: row.spelling, ...present({ ownExt: row.ownExt }) };
  }
}

function corInfoOf({ cor, corDate }: ReadRow, corClaim: boolean): CorInfo {
  return { corClaim, ...present({ cor, corDate: corDate === null ? null : writeDateTime(corDate) }) };
}

const memberRows = statement<{ owner: number; name: string }>(
  'read members of destination groups',
  `SELECT m.public_identifier_id AS owner, g.name
     FROM sppp.destination_group_member m
     JOIN sppp.destination_group g ON g.id = m.destination_group_id
    WHERE m.public_identifier_id = ANY ($1)
    ORDER BY m.public_identifier_id, m.position`,
);

async function readMembers(db: ClientBase, ids: readonly number[]): Promise<Map<number, string[]>> {
  return gather(await memberRows(db, [ids]), ({ name }) => name);
}

const sedRecRefRows = statement<RefColumns>(
  'read references to SED records',
  `SELECT r.public_identifier_id AS owner, rant.org_id AS rant, s.name, r.priority, r.ext
     FROM sppp.public_identifier_sed_record r
     JOIN sppp.sed_record s ON s.id = r.sed_record_id
     JOIN sppp.organization rant ON rant.id = s.rant_id
    WHERE r.public_identifier_id = ANY ($1)
    ORDER BY r.public_identifier_id, r.position`,
);

async function readSedRecRefs(db: ClientBase, ids: readonly number[]): Promise<Map<number, SedRecRef[]>> {
  return gather(await sedRecRefRows(db, [ids]), sedRecRefOf);
}
