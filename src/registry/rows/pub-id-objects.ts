import type { ClientBase } from 'pg';
import type { CorInfo } from '../../model/cor-info.js';
import type { PubId } from '../../model/pub-id.js';
import { present } from '../../values/present.js';
import { statement } from '../connection/statement.js';
import { basicObj, dateTimeOf } from './basic-row.js';
import { nameColumns, type PubIdRowName, rowsOfNames } from './pub-id-row.js';
import { type RefColumns, refsOf, sedRecRefOf } from './ref-row.js';
import { spelled } from './spelling.js';
import { byName, type FoundRow, type Stored, sought } from './stored-objects.js';

/** A public identifier by its registrant and what identifies it. */
export interface PubIdKeyName extends PubIdRowName {
  readonly rant: string;
}

interface ReadRow extends FoundRow {
  readonly spelling: string | null;
  readonly corClaim: boolean | null;
  readonly cor: boolean | null;
  readonly corDate: string | null;
  readonly ownExt: string | null;
  readonly dgName: readonly string[];
  readonly sedRecRefs: readonly RefColumns[] | null;
}

/**
 * It gives nothing that the name says already: each column of each row takes time here and there. LIMIT and OFFSET keep
 * PostgreSQL from reading whole tables for each row, which looks cheap as long as it expects little in them.
 */
const rowsByName = statement<ReadRow>(
  'get public identifiers',
  `SELECT sought.nth, o.id, rar.org_id AS rar, coalesce(o.c_date, t.received_at)::text AS "cDate",
          o.m_date::text AS "mDate", o.ext, o.spelling, o.cor_claim AS "corClaim", o.cor, o.cor_date::text AS "corDate",
          o.own_ext AS "ownExt",
          ARRAY(SELECT (SELECT name FROM sppp.destination_group g WHERE g.id = m.destination_group_id)
                  FROM sppp.destination_group_member m WHERE m.public_identifier_id = o.id ORDER BY m.position) AS "dgName",
          ${refsOf('sppp.public_identifier_sed_record', 'public_identifier_id')} AS "sedRecRefs"
     FROM ${sought([
       ['value', 'text'],
       ['kind', 'sppp.public_identifier_kind'],
       ['rant_id', 'int'],
     ])}
    ${rowsOfNames('*', { list: 'sought', row: 'o' })}
    CROSS JOIN LATERAL (SELECT received_at, registrar_id FROM sppp.transaction WHERE id = o.transaction_id OFFSET 0) t
     JOIN sppp.organization rar ON rar.id = coalesce(o.rar_id, t.registrar_id)`,
);

/** Public identifiers by their names. */
export async function readPubIds(
  db: Pick<ClientBase, 'query'>,
  names: readonly PubIdKeyName[],
): Promise<(Stored<PubId> | undefined)[]> {
  const rows = await rowsByName(db, nameColumns(names));
  return byName(names, rows, pubIdOf);
}

function pubIdOf(row: ReadRow, { rant, type, value }: PubIdKeyName): PubId {
  const basic = { ...basicObj(rant, row), dgName: row.dgName };
  const spelling = spelled(row.spelling, value);
  const cor = row.corClaim === null ? undefined : { corInfo: corInfoOf(row, row.corClaim) };
  switch (type) {
    case 'TN':
      return { kind: 'TNType', ...basic, tn: spelling, ...cor, sedRecRef: (row.sedRecRefs ?? []).map(sedRecRefOf) };
    case 'TNPrefix':
      return { kind: 'TNPType', ...basic, tnPrefix: spelling, ...cor };
    case 'RN':
      return { kind: 'RNType', ...basic, rn: spelling, ...cor };
    case 'TNRange': {
      const [startRange = '', endRange = ''] = spelling.split('-');
      return { kind: 'TNRType', ...basic, range: { startRange, endRange }, ...cor };
    }
    case 'URI':
      return { kind: 'URIPubIdType', ...basic, uri: spelling, ...present({ ownExt: row.ownExt }) };
  }
}

function corInfoOf({ cor, corDate }: ReadRow, corClaim: boolean): CorInfo {
  return { corClaim, ...present({ cor, corDate: corDate === null ? null : dateTimeOf(corDate) }) };
}
