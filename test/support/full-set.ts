import { destGrp, obj, tn } from './message.js';

function sedKey(name: string): string {
  return `<b:sedKey xsi:type="s:ObjKeyType"><rant>iana-en:222</rant><name>${name}</name><type>SedRec</type></b:sedKey>`;
}

function sedRecRef(name: string): string {
  return `<b:sedRecRef>${sedKey(name)}<b:priority>10</b:priority></b:sedRecRef>`;
}

/**
 * Objects of SSP2 that fill every table of objects: a destination group, an SED record with an address, an SED group with
 * references and a source criterion, and numbers with a group and a record of their own.
 */
export function fullSet(): string[] {
  return [
    destGrp('FULL_DG'),
    obj(
      'NSType',
      '<b:sedName>FULL_NS</b:sedName><b:isInSvc>true</b:isInSvc><b:hostName>ns.example.com</b:hostName>' +
        '<b:ipAddr type="v4"><b:addr>192.0.2.1</b:addr></b:ipAddr>',
    ),
    obj(
      'SedGrpType',
      `<b:sedGrpName>FULL_SG</b:sedGrpName>${sedRecRef('FULL_NS')}<b:dgName>FULL_DG</b:dgName>` +
        '<b:sourceIdent><b:sourceIdentRegex>^198\\.51\\.100\\.</b:sourceIdentRegex>' +
        '<b:sourceIdentScheme>ip</b:sourceIdentScheme></b:sourceIdent>' +
        '<b:isInSvc>true</b:isInSvc><b:priority>1</b:priority>',
    ),
    obj('TNType', `<b:dgName>FULL_DG</b:dgName><b:tn>+12025550100</b:tn>${sedRecRef('FULL_NS')}`),
    obj('TNPType', '<b:tnPrefix>1203</b:tnPrefix>'),
    tn('12025550101'),
  ];
}

/** The tables that fullSet() writes besides the journal. The server writes the last one last. */
export const fullSetTables = [
  'destination_group',
  'sed_record',
  'sed_record_ip_addr',
  'sed_group',
  'sed_group_sed_record',
  'sed_group_dest_grp',
  'sed_group_source_ident',
  'public_identifier',
  'destination_group_member',
  'public_identifier_sed_record',
] as const;

/** One text for the whole registry except its journal: equal texts mean equal registries. */
export const picture = `
  SELECT string_agg(line, E'\\n' ORDER BY line) AS everything FROM (
    ${fullSetTables.map((table) => `SELECT '${table} ' || t::text AS line FROM sppp.${table} t`).join(' UNION ALL ')}
    UNION ALL SELECT 'organization ' || t::text FROM sppp.organization t
    UNION ALL SELECT 'grant ' || t::text FROM sppp.registrar_grant t
    UNION ALL SELECT 'credential ' || t::text FROM sppp.credential t
  ) lines`;
