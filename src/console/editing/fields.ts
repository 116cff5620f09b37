import { type Column, columnsOf } from '../../forms/columns.js';
import type { FormKind } from '../../forms/form-kind.js';
import { type Cell, cellOf } from './cells.js';

/** What people are told of a field. */
interface FieldWords {
  readonly label: string;
  readonly hint?: string;
  /** The labels of its inputs, where it has several. */
  readonly parts?: readonly string[];
  /** The words that it may have, where they are few. */
  readonly words?: readonly string[];
}

/** A field of the form of one kind: a column of its files, and how it stands in the form. */
export interface Field extends FieldWords {
  readonly column: Column;
  readonly cell: Cell;
  /** The names of its inputs. */
  readonly inputs: readonly string[];
}

const xml = 'XML of another namespace; most objects have none.';
const records =
  'One on a line: the priority and the name, as in 10 SBE_WEST; of others, 10 sedRec:iana-en:111:SBE_EAST.';
const pattern = 'A POSIX extended regular expression; empty: ^(.*)$.';
const services = 'As in E2U+sip.';

/**
 * The fields by the names of their columns (forms/columns), or by kind and column where one name has two meanings. A column
 * that is not here has a field by its own name.
 */
const fieldWords: Readonly<Record<string, FieldWords>> = {
  rant: { label: 'Registrant', hint: 'The organization that has it, as in iana-en:32473.' },
  ...{ 'destGrp.dgName': { label: 'Name' }, sedName: { label: 'Name' } },
  ...{ sedGrpName: { label: 'Name' }, egrRteName: { label: 'Name' } },
  dgName: { label: 'Destination groups', hint: 'One name on a line.' },
  tn: { label: 'Number', hint: 'As in +1 202 555 0101.' },
  startRange: { label: 'First number', hint: 'As in +1 202 555 0100.' },
  endRange: { label: 'Last number', hint: 'As in +1 202 555 0199.' },
  tnPrefix: { label: 'Prefix', hint: 'The first digits of the numbers, as in +1202555.' },
  rn: { label: 'Routing number' },
  'uri.uri': { label: 'URI', hint: 'As in sip:alice@ssp.example.' },
  corClaim: { label: 'Claims to be carrier of record' },
  sedRecRef: { label: 'SED records', hint: records },
  sedFunction: { label: 'Function', words: ['routing', 'lookup'] },
  isInSvc: { label: 'In service' },
  ttl: { label: 'Time to live', hint: 'In seconds.' },
  order: { label: 'Order', hint: 'From 0 to 65535; lower ones come first.' },
  flags: { label: 'Flags', hint: 'One letter or digit, as in u.' },
  svcs: { label: 'Services', hint: services },
  regx: { label: 'Rule', parts: ['Pattern', 'Makes of it'], hint: `${pattern} A NAPTR has a rule or a next name.` },
  repl: { label: 'Next name', hint: 'A domain name, for a NAPTR without a rule.' },
  hostName: { label: 'Name server' },
  ipAddr: { label: 'Addresses', hint: 'One on a line, of version 4 or 6.' },
  ere: { label: 'Pattern', hint: pattern },
  'uriRec.uri': { label: 'URI', hint: 'With \\1 to \\9 for what the pattern has in parentheses.' },
  sourceIdent: {
    label: 'Sources',
    hint: 'One on a line: uri, ip or rootDomain, and a pattern, as in uri ^sip:.*@example\\.com$.',
  },
  priority: { label: 'Priority', hint: 'From 0 to 65535; lower ones come first.' },
  'sedGrpOffer.sedGrpName': { label: 'SED group', hint: 'By its name.' },
  offeredTo: { label: 'Offered to', hint: 'An organization, as in iana-en:32473.' },
  pref: { label: 'Preference', hint: 'From 0 to 65535; lower ones come first.' },
  regxRewriteRule: { label: 'Rewriting', parts: ['Pattern', 'Makes of it'], hint: pattern },
  ingrSedGrp: {
    label: 'SED groups',
    hint: 'One name on a line; of others as in sedGrp:iana-en:111:INGRESS_WEST. It rewrites their answers.',
  },
  ext: { label: 'Extension', hint: xml },
  ownExt: { label: 'Extension of its type', hint: xml },
};

/** The fields of the form of one kind: those of its key first, extensions last. */
export function fieldsOf(kind: FormKind): readonly Field[] {
  return columnsOf(kind)
    .columns.filter(({ name, isServerSet }) => !isServerSet && name !== 'rar')
    .map((column) => fieldOf(kind, column))
    .sort((a, b) => placeOf(a) - placeOf(b));
}

function fieldOf(kind: FormKind, column: Column): Field {
  const { name } = column;
  const words = fieldWords[`${kind}.${name}`] ?? fieldWords[name] ?? { label: name };
  const cell = cellOf(column);
  return { ...words, column, cell, inputs: cell.parts.map((part) => name + part) };
}

function placeOf({ column: { isKey, rule } }: Field): number {
  if (isKey) return 0;
  return rule.content.is === 'ext' ? 2 : 1;
}
