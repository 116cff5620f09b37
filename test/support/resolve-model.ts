import type pg from 'pg';
import type { Question } from '../../src/registry/resolve/resolve.js';
import { holds, type NumberSpan, spanOfNumber, spanOfPrefix, spanOfRange } from '../../src/values/number-span.js';
import { narrowestFirst } from './narrowest-first.js';

/**
 * A registry in memory, and what it answers, worked out one candidate at a time as RFC 7877 §6.2, §6.3, §6.4 and §6.6
 * tell it. Organizations and objects are known by their places in the lists, which is their age as well.
 */
export interface ModelRegistry {
  readonly orgs: readonly string[];
  readonly destGrps: readonly { readonly rant: number; readonly name: string }[];
  readonly records: readonly ModelRecord[];
  readonly groups: readonly ModelGroup[];
  readonly identifiers: readonly ModelIdentifier[];
  readonly routes: readonly ModelRoute[];
}

interface Owned {
  readonly rant: number;
  readonly name: string;
}

export interface ModelRef {
  readonly record: number;
  readonly priority: number;
}

export interface ModelRecord extends Owned {
  readonly kind: 'NAPTR' | 'NS' | 'URI';
  readonly isInSvc: boolean;
  readonly order?: number;
  readonly svcs?: string;
  readonly ere?: string;
  /** What the pattern makes of the identifier; for NS the host, for NAPTR without pattern the name that it leads to. */
  readonly target: string;
}

export interface ModelGroup extends Owned {
  readonly isInSvc: boolean;
  readonly priority: number;
  readonly destGrps: readonly number[];
  readonly refs: readonly ModelRef[];
  readonly sources: readonly { readonly scheme: 'uri' | 'ip' | 'rootDomain'; readonly regex: string }[];
  readonly offers: readonly { readonly to: number; readonly status: 'offered' | 'accepted' }[];
}

export interface ModelIdentifier {
  readonly rant: number;
  readonly kind: 'TN' | 'TNRange' | 'TNPrefix' | 'RN' | 'URI';
  /** Digits, start-end, or the URI. */
  readonly value: string;
  readonly destGrps: readonly number[];
  readonly refs: readonly ModelRef[];
}

export interface ModelRoute extends Owned {
  readonly pref: number;
  readonly ere: string;
  readonly repl: string;
  readonly svcs?: string;
  readonly groups: readonly number[];
}

/** What a test compares of an answer. */
export interface ModelSed {
  readonly registrant: string;
  readonly matched: string;
  readonly destinationGroup: string | null;
  readonly sedGroup: string | null;
  readonly sedRecord: string;
  readonly egressRoute: string | null;
  readonly template: string;
  readonly finalUri: string | null;
}

interface Way {
  readonly identifier: ModelIdentifier;
  readonly destGrp: number | undefined;
  readonly group: number | undefined;
  readonly ref: ModelRef;
  readonly route: number | undefined;
  readonly template: string;
}

/** The answer to a question, in order. */
export function modelResolve(registry: ModelRegistry, question: Question): ModelSed[] {
  const asker = registry.orgs.indexOf(question.asker);
  if (asker < 0) return [];
  const sought = soughtBy(question.identifier);
  const ways = registry.orgs
    .flatMap((_, rant) => mostSpecific(registry, rant, sought))
    .flatMap((identifier) => refsOf(registry, identifier, asker, question))
    .filter(({ ref }) => registry.records[ref.record]?.isInSvc === true)
    .flatMap((way) => rewritten(registry, way, asker));
  return ways.sort((a, b) => compare(registry, a, b)).map((way) => sedOf(registry, way, sought.subject));
}

/** The identifiers of all registrants that contain the identifier of the question. */
export function modelHolders({ identifiers }: ModelRegistry, question: Question): ModelIdentifier[] {
  const { kind, value } = soughtBy(question.identifier);
  return identifiers.filter((each) =>
    kind === 'TN' ? spanOf(each) !== undefined && holds(spanOf(each) as NumberSpan, value) : isSame(each, kind, value),
  );
}

function soughtBy(identifier: string): { kind: 'TN' | 'RN' | 'URI'; value: string; subject: string } {
  const [, prefix, digits] = /^(tn=|rn=)?\+?([0-9]+)$/.exec(identifier) ?? [];
  if (digits === undefined) {
    const value = identifier.replace(/^uri=/, '');
    return { kind: 'URI', value, subject: value };
  }
  return { kind: prefix === 'rn=' ? 'RN' : 'TN', value: digits, subject: `+${digits}` };
}

function isSame(identifier: ModelIdentifier, kind: string, value: string): boolean {
  return identifier.kind === kind && identifier.value === value;
}

function spanOf({ kind, value }: ModelIdentifier): NumberSpan | undefined {
  if (kind === 'TN') return spanOfNumber(value);
  if (kind === 'TNPrefix') return spanOfPrefix(value);
  if (kind !== 'TNRange') return undefined;
  const [start = '', end = ''] = value.split('-');
  return spanOfRange(start, end) as NumberSpan;
}

/** Of spans that are equally wide and of one kind, the one that lies inside the other. */
function mostSpecific(
  registry: ModelRegistry,
  rant: number,
  { kind, value }: { kind: string; value: string },
): ModelIdentifier[] {
  const own = registry.identifiers.filter((each) => each.rant === rant);
  if (kind !== 'TN') return own.filter((each) => isSame(each, kind, value));
  const [first] = own
    .flatMap((identifier) => {
      const span = spanOf(identifier);
      return span !== undefined && holds(span, value) && (span.kind !== 'number' || span.from === value)
        ? [{ identifier, span }]
        : [];
    })
    .sort(
      (a, b) => narrowestFirst(a.span, b.span) || order(b.span.from, a.span.from) || order(a.span.below, b.span.below),
    );
  return first === undefined ? [] : [first.identifier];
}

function refsOf(
  registry: ModelRegistry,
  identifier: ModelIdentifier,
  asker: number,
  question: Question,
): Omit<Way, 'route' | 'template'>[] {
  if (identifier.destGrps.length === 0) {
    return identifier.refs.map((ref) => ({ identifier, destGrp: undefined, group: undefined, ref }));
  }
  const seen = new Set<number>();
  return identifier.destGrps.flatMap((destGrp) =>
    registry.groups.flatMap((group, index) => {
      if (!group.destGrps.includes(destGrp) || seen.has(index)) return [];
      const isPeer = group.offers.some(({ to, status }) => to === asker && status === 'accepted');
      if (!group.isInSvc || !(isPeer || group.rant === asker) || !isFor(group, question)) return [];
      seen.add(index);
      return group.refs.map((ref) => ({ identifier, destGrp, group: index, ref }));
    }),
  );
}

function isFor({ sources }: ModelGroup, { sourceUri, sourceIp, rootDomain }: Question): boolean {
  if (sources.length === 0) return true;
  return sources.some(({ scheme, regex }) => {
    const [value, flags] = { uri: [sourceUri, 'i'], rootDomain: [rootDomain, 'i'], ip: [canonical(sourceIp), ''] }[
      scheme
    ];
    return value !== undefined && value !== '' && new RegExp(regex, flags).test(value);
  });
}

/** As URLs have it (RFC 5952), and an IPv4 address as such. */
function canonical(address: string | undefined): string | undefined {
  if (address === undefined || !address.includes(':')) return address;
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(text) ?? [];
  if (high === undefined || low === undefined) return text;
  return [high, low]
    .map((word) => Number.parseInt(word, 16))
    .flatMap((word) => [word >> 8, word & 255])
    .join('.');
}

function rewritten(registry: ModelRegistry, way: Omit<Way, 'route' | 'template'>, asker: number): Way[] {
  const record = registry.records[way.ref.record] as ModelRecord;
  const { group } = way;
  const routes =
    record.kind !== 'NAPTR' || record.ere === undefined || group === undefined
      ? []
      : registry.routes.flatMap((route, index) => {
          if (route.rant !== asker || !route.groups.includes(group) || !selects(route.svcs, record.svcs ?? ''))
            return [];
          const template = apply(record.target, route.ere, route.repl, true);
          return template === undefined ? [] : [{ ...way, route: index, template }];
        });
  return routes.length > 0 ? routes : [{ ...way, route: undefined, template: record.target }];
}

/** One service in common is enough; one without subtypes stands for all of its subtypes. */
function selects(wanted: string | undefined, offered: string): boolean {
  const services = (svcs: string) =>
    svcs
      .toLowerCase()
      .split('+')
      .slice(1)
      .map((service) => service.split(':'));
  if (wanted === undefined) return true;
  return services(wanted).some(([type, ...subtypes]) =>
    services(offered).some(
      ([otherType, ...others]) =>
        type === otherType && (subtypes.length === 0 || subtypes.some((each) => others.includes(each))),
    ),
  );
}

function compare({ groups, records, routes }: ModelRegistry, a: Way, b: Way): number {
  const keys = ({ identifier, group, ref, route }: Way) => [
    group === undefined ? undefined : groups[group]?.priority,
    ref.priority,
    records[ref.record]?.order,
    route === undefined ? undefined : routes[route]?.pref,
    identifier.rant,
    group,
    ref.record,
    route,
  ];
  const [left, right] = [keys(a), keys(b)];
  const different = left.findIndex((key, index) => key !== right[index]);
  if (different < 0) return 0;
  const last = Number.MAX_SAFE_INTEGER;
  return (left[different] ?? last) - (right[different] ?? last);
}

function sedOf(registry: ModelRegistry, way: Way, subject: string): ModelSed {
  const { identifier, destGrp, group, ref, route, template } = way;
  const record = registry.records[ref.record] as ModelRecord;
  const uri = record.ere === undefined ? undefined : apply(subject, record.ere, template, false);
  return {
    registrant: registry.orgs[identifier.rant] ?? '',
    matched: `${identifier.kind} ${identifier.value}`,
    destinationGroup: destGrp === undefined ? null : (registry.destGrps[destGrp]?.name ?? null),
    sedGroup: group === undefined ? null : (registry.groups[group]?.name ?? null),
    sedRecord: record.name,
    egressRoute: route === undefined ? null : (registry.routes[route]?.name ?? null),
    template,
    finalUri: uri ?? null,
  };
}

/** A template keeps the backslashes that are not back-references, for the next reader. */
function apply(subject: string, ere: string, repl: string, isTemplate: boolean): string | undefined {
  const found = new RegExp(ere).exec(subject);
  if (found === null) return undefined;
  return repl.replace(/\\([1-9\\!])/g, (text, character: string) => {
    if (/[1-9]/.test(character)) return found[Number(character)] ?? '';
    return isTemplate ? text : character;
  });
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Writes the registry to an empty database, inside the transaction of this session. */
export async function writeRegistry(db: pg.ClientBase, registry: ModelRegistry): Promise<void> {
  const insert = async (table: string, columns: string, rows: readonly object[], source = columns) => {
    if (rows.length === 0) return;
    await db.query(
      `INSERT INTO sppp.${table} (${columns}) OVERRIDING SYSTEM VALUE
       SELECT ${source} FROM jsonb_populate_recordset(NULL::sppp.${table}, $1) r`,
      [JSON.stringify(rows)],
    );
  };
  const at = '2041-05-30T09:30:10Z';
  const basic = (rant: number) => ({ transaction_id: 1, c_date: at, rant_id: rant + 1, rar_id: rant + 1 });
  const named = ({ rant, name }: Owned, index: number) => ({
    id: index + 1,
    ...basic(rant),
    name,
    name_key: name.toLowerCase(),
  });
  const common = 'id, transaction_id, c_date, rant_id, rar_id';
  await insert(
    'organization',
    'id, org_id, name, created_at',
    registry.orgs.map((org, index) => ({ id: index + 1, org_id: org, name: '', created_at: at })),
  );
  await insert('transaction', 'id, server_trans_id, operation, mode, received_at, objects, failed', [
    {
      id: 1,
      server_trans_id: '01a1fd2d-4ad3-7220-a522-a8dfce26e438',
      operation: 'submitAddRqst',
      mode: 'atomic',
      received_at: at,
      objects: 0,
      failed: 0,
    },
  ]);
  await insert('destination_group', `${common}, name, name_key`, registry.destGrps.map(named));
  await insert(
    'sed_record',
    `${common}, name, name_key, kind, is_in_svc, naptr_order, svcs, ere, regx_repl, repl, host_name, uri`,
    registry.records.map((record, index) => ({
      ...named(record, index),
      kind: record.kind,
      is_in_svc: record.isInSvc,
      naptr_order: record.order,
      svcs: record.svcs,
      ere: record.ere,
      regx_repl: record.kind === 'NAPTR' && record.ere !== undefined ? record.target : undefined,
      repl: record.kind === 'NAPTR' && record.ere === undefined ? record.target : undefined,
      host_name: record.kind === 'NS' ? record.target : undefined,
      uri: record.kind === 'URI' ? record.target : undefined,
    })),
  );
  await insert(
    'sed_group',
    `${common}, name, name_key, is_in_svc, priority`,
    registry.groups.map((group, index) => ({
      ...named(group, index),
      is_in_svc: group.isInSvc,
      priority: group.priority,
    })),
  );
  const ofGroups = <Item>(itemsOf: (group: ModelGroup) => readonly Item[], rowOf: (item: Item) => object) =>
    registry.groups.flatMap((group, index) =>
      itemsOf(group).map((item, position) => ({ sed_group_id: index + 1, position, ...rowOf(item) })),
    );
  await insert(
    'sed_group_dest_grp',
    'sed_group_id, destination_group_id, position',
    ofGroups(
      ({ destGrps }) => destGrps,
      (destGrp) => ({ destination_group_id: destGrp + 1 }),
    ),
  );
  await insert(
    'sed_group_sed_record',
    'sed_group_id, sed_record_id, position, priority',
    ofGroups(
      ({ refs }) => refs,
      ({ record, priority }) => ({ sed_record_id: record + 1, priority }),
    ),
  );
  await insert(
    'sed_group_source_ident',
    'sed_group_id, position, scheme, regex',
    ofGroups(
      ({ sources }) => sources,
      (source) => source,
    ),
  );
  await insert(
    'sed_group_offer',
    'transaction_id, c_date, sed_group_id, offered_to_id, rar_id, status, offer_date_time, accept_date_time',
    ofGroups(
      ({ offers }) => offers,
      ({ to, status }) => ({
        transaction_id: 1,
        c_date: at,
        offered_to_id: to + 1,
        rar_id: 1,
        status,
        offer_date_time: at,
        accept_date_time: status === 'accepted' ? at : undefined,
      }),
    ),
  );
  await insert(
    'public_identifier',
    `${common}, kind, value, span`,
    registry.identifiers.map((identifier, index) => {
      const span = identifier.kind === 'TN' ? undefined : spanOf(identifier);
      return {
        id: index + 1,
        ...basic(identifier.rant),
        kind: identifier.kind,
        value: identifier.value,
        span: span === undefined ? undefined : `["${span.from}","${span.below}")`,
      };
    }),
  );
  const ofIdentifiers = <Item>(
    itemsOf: (identifier: ModelIdentifier) => readonly Item[],
    rowOf: (item: Item) => object,
  ) =>
    registry.identifiers.flatMap((identifier, index) =>
      itemsOf(identifier).map((item, position) => ({ public_identifier_id: index + 1, position, ...rowOf(item) })),
    );
  await insert(
    'destination_group_member',
    'public_identifier_id, destination_group_id, position',
    ofIdentifiers(
      ({ destGrps }) => destGrps,
      (destGrp) => ({ destination_group_id: destGrp + 1 }),
    ),
  );
  await insert(
    'public_identifier_sed_record',
    'public_identifier_id, sed_record_id, position, priority',
    ofIdentifiers(
      ({ refs }) => refs,
      ({ record, priority }) => ({ sed_record_id: record + 1, priority }),
    ),
  );
  await insert(
    'egress_route',
    `${common}, name, name_key, pref, ere, repl, svcs`,
    registry.routes.map((route, index) => ({
      ...named(route, index),
      pref: route.pref,
      ere: route.ere,
      repl: route.repl,
      svcs: route.svcs,
    })),
  );
  await insert(
    'egress_route_sed_group',
    'egress_route_id, sed_group_id, position',
    registry.routes.flatMap(({ groups }, index) =>
      groups.map((group, position) => ({ egress_route_id: index + 1, sed_group_id: group + 1, position })),
    ),
  );
}
