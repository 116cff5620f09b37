import type { Pool } from 'pg';

/** What an organization may see, worked out row by row from everything there is: docs/feeds.md without its SQL. */

interface Row {
  readonly id: number;
  readonly rant: string;
  readonly [column: string]: unknown;
}

interface Everything {
  readonly destGrps: Row[];
  readonly sedRecs: Row[];
  readonly sedGrps: (Row & { peers: string[]; dgs: number[]; recs: { id: number; priority: number }[] })[];
  readonly egrRtes: (Row & { groups: number[] })[];
  readonly pubIds: (Row & Identifier)[];
}

interface Identifier {
  readonly kind: string;
  readonly value: string;
  readonly spelling: string | null;
  readonly cor: boolean | null;
  readonly dgs: number[];
  readonly recs: { id: number; priority: number }[];
}

export type View = Readonly<Record<string, readonly unknown[]>>;

async function read(pool: Pool): Promise<Everything> {
  const rows = async <T extends Row>(text: string) => (await pool.query<T>(text)).rows;
  const list = (select: string) => `(SELECT coalesce(json_agg(${select}), '[]')`;
  return {
    destGrps: await rows(
      'SELECT g.id, o.org_id AS rant, g.name FROM sppp.destination_group g JOIN sppp.organization o ON o.id = g.rant_id ORDER BY 1',
    ),
    sedRecs: await rows(
      `SELECT s.id, o.org_id AS rant, s.name, s.kind, s.is_in_svc, s.uri, s.regx_repl, s.ere, s.ttl, s.host_name, s.repl, s.svcs,
              ${list('json_build_array(a.version, a.addr) ORDER BY a.position')} FROM sppp.sed_record_ip_addr a
                WHERE a.sed_record_id = s.id) AS addresses
         FROM sppp.sed_record s JOIN sppp.organization o ON o.id = s.rant_id ORDER BY 1`,
    ),
    sedGrps: await rows(
      `SELECT g.id, o.org_id AS rant, g.name, g.is_in_svc, g.priority,
              ${list('p.org_id ORDER BY p.org_id')} FROM sppp.sed_group_offer f JOIN sppp.organization p ON p.id = f.offered_to_id
                WHERE f.sed_group_id = g.id AND f.status = 'accepted') AS peers,
              ${list('d.destination_group_id ORDER BY d.position')} FROM sppp.sed_group_dest_grp d WHERE d.sed_group_id = g.id) AS dgs,
              ${list("json_build_object('id', r.sed_record_id, 'priority', r.priority) ORDER BY r.position")}
                FROM sppp.sed_group_sed_record r WHERE r.sed_group_id = g.id) AS recs,
              ${list('json_build_array(i.scheme, i.regex) ORDER BY i.position')}
                FROM sppp.sed_group_source_ident i WHERE i.sed_group_id = g.id) AS sources
         FROM sppp.sed_group g JOIN sppp.organization o ON o.id = g.rant_id ORDER BY 1`,
    ),
    egrRtes: await rows(
      `SELECT e.id, o.org_id AS rant, e.name, e.pref, e.ere, e.repl, e.svcs,
              ${list('i.sed_group_id ORDER BY i.position')} FROM sppp.egress_route_sed_group i WHERE i.egress_route_id = e.id) AS groups
         FROM sppp.egress_route e JOIN sppp.organization o ON o.id = e.rant_id ORDER BY 1`,
    ),
    pubIds: await rows(
      `SELECT p.id, o.org_id AS rant, p.kind, p.value, p.spelling, p.cor,
              ${list('m.destination_group_id ORDER BY m.position')} FROM sppp.destination_group_member m
                WHERE m.public_identifier_id = p.id) AS dgs,
              ${list("json_build_object('id', r.sed_record_id, 'priority', r.priority) ORDER BY r.position")}
                FROM sppp.public_identifier_sed_record r WHERE r.public_identifier_id = p.id) AS recs
         FROM sppp.public_identifier p JOIN sppp.organization o ON o.id = p.rant_id ORDER BY 1`,
    ),
  };
}

/** What a follower has, whatever it is of. */
export async function held(pool: Pool): Promise<View> {
  const { destGrps, sedRecs, sedGrps, egrRtes, pubIds } = await read(pool);
  return { destGrps, sedRecs, sedGrps: sedGrps.map(({ peers, ...rest }) => rest), egrRtes, pubIds };
}

/** What there is to be seen. */
export async function visible(pool: Pool, asker: string): Promise<View> {
  const all = await read(pool);
  const isOwn = ({ rant }: Row) => rant === asker;
  const sedGrps = all.sedGrps.filter((group) => isOwn(group) || group.peers.includes(asker));
  const shared = new Set(sedGrps.filter((group) => !isOwn(group)).flatMap(({ dgs }) => dgs));
  const destGrps = all.destGrps.filter((group) => isOwn(group) || shared.has(group.id));
  const shown = all.pubIds.map((each) => ({
    ...each,
    dgs: isOwn(each) ? each.dgs : each.dgs.filter((id) => shared.has(id)),
    recs: isOwn(each) || each.dgs.length === 0 ? each.recs : [],
  }));
  const spans = shown.filter(({ kind, dgs }) => dgs.length > 0 && /Range|Prefix/.test(kind));
  const pubIds = shown
    .map((each) => {
      if (isOwn(each) || each.dgs.length > 0 || each.recs.length > 0) return each;
      const isException = spans.some((span) => span.rant === each.rant && isMoreSpecific(each, span));
      return isException ? { ...each, cor: null, spelling: null } : undefined;
    })
    .filter((each) => each !== undefined);
  const named = new Set([...sedGrps, ...pubIds].flatMap(({ recs }) => recs.map(({ id }) => id)));
  const groups = new Set(sedGrps.map(({ id }) => id));
  return {
    destGrps,
    sedRecs: all.sedRecs.filter((record) => isOwn(record) || named.has(record.id)),
    sedGrps: sedGrps.map(({ peers, ...rest }) => rest),
    egrRtes: all.egrRtes
      .filter(isOwn)
      .map((route) => ({ ...route, groups: route.groups.filter((id) => groups.has(id)) })),
    pubIds,
  };
}

/** Whether some number has both, and is answered by the first (decisions on look-up: narrowest first, range before prefix). */
function isMoreSpecific(one: Identifier, other: Identifier): boolean {
  const [from, below] = ends(other);
  if (one.kind === 'TN') return one.value >= from && one.value < below;
  if (!/Range|Prefix/.test(one.kind) || one === other) return false;
  const [start, end] = ends(one);
  if (start >= below || from >= end) return false;
  const [width, otherWidth] = [widthOf(one), widthOf(other)];
  if (width !== otherWidth) return width < otherWidth;
  if (one.kind !== other.kind) return one.kind === 'TNRange';
  return start !== from ? start > from : end < below;
}

function ends({ kind, value }: Identifier): [string, string] {
  const [start = '', end = start] = kind === 'TNRange' ? value.split('-') : [value];
  return [start, `${end}:`];
}

function widthOf(identifier: Identifier): bigint {
  const [from, below] = ends(identifier);
  return BigInt(below.slice(0, -1).padEnd(20, '9')) + 1n - BigInt(from.padEnd(20, '0'));
}
