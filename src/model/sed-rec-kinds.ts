import type { BasicSedRec, IpAddr, Naptr, Ns, SedRec, Uri } from './sed-rec.js';

/**
 * SED records as data. What rows, resolution, answers, feeds and the JSON of look-ups know about the kinds of SED records
 * comes from the two tables below (docs/add-a-record-type.md).
 */

/** A column of sppp.sed_record that not all kinds of records have. */
interface SedRecColumn {
  readonly column: string;
  readonly type: 'integer' | 'text';
  /** Its member in the JSON of look-ups and feeds. */
  readonly member: string;
  readonly meaning: string;
}

/** Columns by the names that rows and answers give them, in the order of an answer. */
export const sedRecColumns = {
  naptrOrder: { column: 'naptr_order', type: 'integer', member: 'order', meaning: 'Order of a NAPTR, lower first' },
  svcs: { column: 'svcs', type: 'text', member: 'svcs', meaning: 'ENUM services of a NAPTR' },
  flags: { column: 'flags', type: 'text', member: 'flags', meaning: 'Flags of a NAPTR' },
  ere: { column: 'ere', type: 'text', member: 'ere', meaning: 'Pattern, a POSIX extended regular expression' },
  regxRepl: {
    column: 'regx_repl',
    type: 'text',
    member: 'regxRepl',
    meaning: 'What the pattern of a NAPTR makes of the identifier',
  },
  repl: {
    column: 'repl',
    type: 'text',
    member: 'repl',
    meaning: 'Domain name that a NAPTR without pattern leads to',
  },
  uri: {
    column: 'uri',
    type: 'text',
    member: 'uri',
    meaning: 'What the pattern of a URI record makes of the identifier',
  },
  hostName: { column: 'host_name', type: 'text', member: 'hostName', meaning: 'Name server of an NS record' },
} as const satisfies Record<string, SedRecColumn>;

type ColumnName = keyof typeof sedRecColumns;
type ValueOf<Column extends SedRecColumn> = Column['type'] extends 'integer' ? number : string;

/** Values of the columns; null where the kind of the record has no such column, or the record no value. */
export type SedRecValues = { readonly [Name in ColumnName]: ValueOf<(typeof sedRecColumns)[Name]> | null };

/** The same by the members of JSON. Absent ones have no value. */
export type SedRecMembers = {
  readonly [Name in ColumnName as (typeof sedRecColumns)[Name]['member']]?:
    | ValueOf<(typeof sedRecColumns)[Name]>
    | undefined;
};

/** The columns with their names, in order. */
export const sedRecColumnList = Object.entries(sedRecColumns) as [ColumnName, SedRecColumn][];

/** No value in any of the columns. */
export const noSedRecValues = Object.fromEntries(sedRecColumnList.map(([name]) => [name, null])) as {
  readonly [Name in ColumnName]: null;
};

/** The members that a kind of record adds to BasicSedRec. */
type Own<Rec extends SedRec> = Omit<Rec, keyof BasicSedRec>;

interface SedRecKind<Rec extends SedRec> {
  /** Its type in SPPP (RFC 7877 §6.4). */
  readonly type: Rec['kind'];
  /** The columns of a record. Absent ones are null. */
  write(record: Rec): Partial<SedRecValues>;
  /** The record of columns, and of the addresses, which have a table of their own. */
  read(values: SedRecValues, ipAddr: readonly IpAddr[]): Own<Rec>;
}

const kind = <Rec extends SedRec>(of: SedRecKind<Rec>) => of;

/** Kinds by their names in the database. */
export const sedRecKinds = {
  NAPTR: kind<Naptr>({
    type: 'NAPTRType',
    // With a regx, the repl is ignored and not stored (RFC 7877 §6.4).
    write: ({ order, flags = null, svcs, regx, repl = null }) => {
      const rule = regx === undefined ? { repl } : { ere: regx.ere, regxRepl: regx.repl };
      return { naptrOrder: order, flags, svcs, ...rule };
    },
    read: ({ naptrOrder, svcs, flags, repl, ere, regxRepl }) => ({
      ...{ kind: 'NAPTRType', order: naptrOrder ?? 0, svcs: svcs ?? '' },
      ...(flags === null ? {} : { flags }),
      ...(repl === null ? {} : { repl }),
      ...(ere && regxRepl ? { regx: { ere, repl: regxRepl } } : {}),
    }),
  }),
  NS: kind<Ns>({
    type: 'NSType',
    write: ({ hostName }) => ({ hostName }),
    read: ({ hostName }, ipAddr) => ({ kind: 'NSType', hostName: hostName ?? '', ipAddr }),
  }),
  URI: kind<Uri>({
    type: 'URIType',
    write: ({ ere, uri }) => ({ ere, uri }),
    read: ({ ere, uri }) => ({ kind: 'URIType', ere: ere ?? '', uri: uri ?? '' }),
  }),
} as const;

export type SedRecKindName = keyof typeof sedRecKinds;
export const sedRecKindNames = Object.keys(sedRecKinds) as [SedRecKindName, ...SedRecKindName[]];

const names = new Map(sedRecKindNames.map((name) => [sedRecKinds[name].type as SedRec['kind'], name]));

/** The types of SED records in SPPP. */
export const sedRecTypes: readonly string[] = [...names.keys()];

/** Whether an object or a key is an SED record. */
export function isSedRec(subject: { readonly kind: string }): subject is SedRec {
  return names.has(subject.kind as SedRec['kind']);
}

/** A record as its kind and its columns. */
export function writeSedRec(record: SedRec): { kind: SedRecKindName; values: Partial<SedRecValues> } {
  const name = names.get(record.kind);
  if (name === undefined) throw new Error(`no kind of SED records for ${record.kind}`);
  const writer: { write(record: SedRec): Partial<SedRecValues> } = sedRecKinds[name];
  return { kind: name, values: writer.write(record) };
}

/** A record of what all kinds have, its kind and its columns. */
export function readSedRec(
  basic: BasicSedRec,
  name: SedRecKindName,
  values: SedRecValues,
  ipAddr: readonly IpAddr[],
): SedRec {
  return { ...basic, ...sedRecKinds[name].read(values, ipAddr) };
}
