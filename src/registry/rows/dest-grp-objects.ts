import type { ClientBase } from 'pg';
import type { DestGrp } from '../../model/dest-grp.js';
import { statement } from '../connection/statement.js';
import { basicColumns, basicObj } from './basic-row.js';
import { byName, type FoundRow, fromNames, nameArrays, type ObjectName, type Stored } from './stored-objects.js';

const rowsByName = statement<FoundRow & { name: string }>(
  'get destination groups',
  `SELECT sought.nth, ${basicColumns}, o.name FROM ${fromNames('destination_group')}`,
);

/** Destination groups by their names. */
export async function readDestGrps(
  db: ClientBase,
  names: readonly ObjectName[],
): Promise<(Stored<DestGrp> | undefined)[]> {
  const rows = await rowsByName(db, nameArrays(names));
  return byName(names, rows, (row, { rant }) => ({ kind: 'DestGrpType', ...basicObj(rant, row), dgName: row.name }));
}
