import type { ClientBase } from 'pg';
import type { EgrRte } from '../../model/egr-rte.js';
import { type Sender, statement, write } from '../connection/statement.js';
import { listEntries, namedList } from './named-lists.js';
import type { NamedRow } from './named-rows.js';
import type { Stamp } from './stamp.js';

export interface EgrRteRow extends NamedRow {
  readonly route: EgrRte;
  readonly sedGrpIds: readonly number[];
}

/** An ingress SED group that a route refers to. */
export interface IngressName {
  /** The route's registrant. A group of another registrant must be shared with it. */
  readonly routeRantId: number;
  readonly rant: string;
  readonly nameKey: string;
}

/** The id of each named group that exists and that the route's registrant owns or has accepted an offer of. */
export async function findIngressGroups(
  db: ClientBase,
  names: readonly IngressName[],
): Promise<(number | undefined)[]> {
  const found = new Map<IngressName, number>();
  let sought = names;
  while (sought.length > 0) {
    for (const [name, id] of await lookForIngressGroups(db, sought, heldRows)) found.set(name, id);
    const absent = sought.filter((name) => !found.has(name));
    // If a row was deleted while this statement waited for it, the same transaction may have made it again.
    sought = absent.length === 0 ? [] : [...(await lookForIngressGroups(db, absent, plainRows)).keys()];
  }
  return names.map((name) => found.get(name));
}

const ingressRows = (name: string, hold: string) =>
  statement<{ ordinal: number; id: number }>(
    name,
    `SELECT n.ordinal, g.id
       FROM unnest($1::int[], $2::text[], $3::text[]) WITH ORDINALITY AS n(route_rant_id, rant, name_key, ordinal)
       JOIN sppp.organization rant ON rant.org_id = n.rant
       JOIN sppp.sed_group g ON g.rant_id = rant.id AND g.name_key = n.name_key
      WHERE g.rant_id = n.route_rant_id
         OR EXISTS (SELECT FROM sppp.sed_group_offer f
                     WHERE f.sed_group_id = g.id AND f.offered_to_id = n.route_rant_id AND f.status = 'accepted')
      ORDER BY g.id ${hold}`,
  );
const heldRows = ingressRows('find ingress groups as parents', 'FOR KEY SHARE OF g');
const plainRows = ingressRows('find ingress groups', '');

async function lookForIngressGroups(
  db: ClientBase,
  names: readonly IngressName[],
  find: typeof heldRows,
): Promise<ReadonlyMap<IngressName, number>> {
  const rows = await find(db, [
    names.map(({ routeRantId }) => routeRantId),
    names.map(({ rant }) => rant),
    names.map(({ nameKey }) => nameKey),
  ]);
  return new Map(rows.map(({ ordinal, id }) => [names[ordinal - 1] as IngressName, id]));
}

const putRows = write(
  'put egress routes',
  `INSERT INTO sppp.egress_route AS o
       (transaction_id, c_date, m_date, rant_id, rar_id, name, name_key, pref, ere, repl, svcs, ext, own_ext)
     SELECT $1, $2, * FROM unnest($3::timestamptz[], $4::int[], $5::int[], $6::text[], $7::text[], $8::int[], $9::text[],
                                  $10::text[], $11::text[], $12::text[], $13::text[])
         AS n(m_date, rant_id, rar_id, name, name_key, pref, ere, repl, svcs, ext, own_ext)
      ORDER BY rant_id, name_key
     ON CONFLICT (rant_id, name_key) DO UPDATE SET
       transaction_id = excluded.transaction_id, rar_id = excluded.rar_id,
       m_date = greatest(excluded.c_date, o.c_date, o.m_date),
       name = excluded.name, pref = excluded.pref, ere = excluded.ere, repl = excluded.repl, svcs = excluded.svcs,
       ext = excluded.ext, own_ext = excluded.own_ext`,
);
const putIngressGroups = namedList('egress_route', 'egress_route_sed_group', {
  position: 'int',
  sed_group_id: 'bigint',
});

/** Creates egress routes with their references, or replaces existing ones (RFC 7877 §7.1). Each name comes once. */
export function putEgrRtes(db: Sender, stamp: Stamp, rows: readonly EgrRteRow[]): void {
  if (rows.length === 0) return;
  putRows(db, [
    stamp.transactionId,
    stamp.at,
    rows.map(({ isModified }) => (isModified ? stamp.at : undefined)),
    rows.map(({ rantId }) => rantId),
    rows.map(({ rarId }) => rarId),
    rows.map(({ route }) => route.egrRteName),
    rows.map(({ nameKey }) => nameKey),
    rows.map(({ route }) => route.pref),
    rows.map(({ route }) => route.regxRewriteRule.ere),
    rows.map(({ route }) => route.regxRewriteRule.repl),
    rows.map(({ route }) => route.svcs),
    rows.map(({ route }) => route.ext),
    rows.map(({ route }) => route.ownExt),
  ]);
  putIngressGroups(
    db,
    rows,
    listEntries(
      rows,
      ({ sedGrpIds }) => sedGrpIds,
      (sedGrpId) => [sedGrpId],
    ),
  );
}

const deleteRows = write('delete egress routes', 'DELETE FROM sppp.egress_route WHERE id = ANY ($1)');

/** Deletes egress routes; nothing refers to them. */
export function deleteEgrRtes(db: Sender, ids: readonly number[]): void {
  deleteRows(db, [ids]);
}
