import { sedRecColumnList } from '../../model/sed-rec-kinds.js';
import { identifiers, identifiersGone } from './identifiers.js';
import { isNew, type LineQuery, lineQuery, type Pull, without } from './line-query.js';

/** Removals: objects that the asker sees no longer, dependants first. */
export function removals(pull: Pull): LineQuery[] {
  if (pull.since === null) return [];
  const { askerId, since, fromXid, shares } = pull;
  const remove = (noun: string, shared: readonly number[]) =>
    lineQuery(
      (of) => `
      SELECT json_build_object('remove', ${of(noun)}::text, 'id', id)::text AS line, NULL AS "orgId", NULL AS "rantId"
        FROM (SELECT object AS id FROM sppp.object_removal
               WHERE xid >= ${of(fromXid)}::bigint AND sppp.is_after(xid, ${of(since)}::pg_snapshot)
                 AND rant = ${of(askerId)} AND noun::text = ${of(noun)}
              UNION SELECT unnest(${of(shared)}::bigint[])) removed
       ORDER BY id`,
    );
  return [
    remove('EgrRte', []),
    remove('SedGrp', without(shares.groupsPerhaps, shares.groups)),
    identifiersGone(pull),
    remove('DestGrp', without(shares.servedPerhaps, shares.served)),
    remove('SedRec', []),
  ];
}

/** Puts: objects that are new or changed to the asker; objects that others depend on first. */
export function puts(pull: Pull): LineQuery[] {
  return [destGrps(pull), sedRecs(pull), sedGrps(pull), identifiers(pull), egrRtes(pull)];
}

function destGrps(pull: Pull): LineQuery {
  const { served, servedThen } = pull.shares;
  return lineQuery(
    (of) => `
    SELECT json_build_object('put', 'DestGrp', 'id', g.id, 'registrant', o.org_id, 'name', g.name)::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM sppp.destination_group g JOIN sppp.organization o ON o.id = g.rant_id
     WHERE (g.rant_id = ${of(pull.askerId)} OR g.id = ANY (${of(served)}::bigint[]))
       AND (${of(pull.since)}::text IS NULL OR g.id = ANY (${of(without(served, servedThen))}::bigint[])
            OR ${isNew(of, pull, 'g.transaction_id')})
     ORDER BY g.id`,
  );
}

function sedGrps(pull: Pull): LineQuery {
  const { groups, groupsThen } = pull.shares;
  return lineQuery(
    (of) => `
    SELECT json_strip_nulls(json_build_object(
             'put', 'SedGrp', 'id', g.id, 'registrant', o.org_id, 'name', g.name, 'isInSvc', g.is_in_svc,
             'priority', g.priority,
             'sedRecords', (SELECT coalesce(json_agg(json_build_object('id', r.sed_record_id, 'priority', r.priority)
                                                     ORDER BY r.position), '[]')
                              FROM sppp.sed_group_sed_record r WHERE r.sed_group_id = g.id),
             'destinationGroups', (SELECT coalesce(json_agg(d.destination_group_id ORDER BY d.position), '[]')
                                     FROM sppp.sed_group_dest_grp d WHERE d.sed_group_id = g.id),
             'sources', (SELECT coalesce(json_agg(json_build_object('scheme', i.scheme, 'regex', i.regex)
                                                  ORDER BY i.position), '[]')
                           FROM sppp.sed_group_source_ident i WHERE i.sed_group_id = g.id),
             'ext', g.ext, 'ownExt', g.own_ext))::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM sppp.sed_group g JOIN sppp.organization o ON o.id = g.rant_id
     WHERE (g.rant_id = ${of(pull.askerId)} OR g.id = ANY (${of(groups)}::bigint[]))
       AND (${of(pull.since)}::text IS NULL OR g.id = ANY (${of(without(groups, groupsThen))}::bigint[])
            OR ${isNew(of, pull, 'g.transaction_id')})
     ORDER BY g.id`,
  );
}

/** An organization sees its own records, and the records that a group or a number in its view refers to. */
function sedRecs(pull: Pull): LineQuery {
  const { groups, groupsThen } = pull.shares;
  return lineQuery((of) => {
    const asker = of(pull.askerId);
    const mine = of(groups);
    const shows = `(p.rant_id = ${asker} OR NOT EXISTS (
      SELECT FROM sppp.destination_group_member m WHERE m.public_identifier_id = p.id))`;
    return `
    WITH candidate AS (
      SELECT s.id FROM sppp.sed_record s
       WHERE ${of(pull.since)}::text IS NULL OR ${isNew(of, pull, 's.transaction_id')}
      UNION
      SELECT r.sed_record_id FROM sppp.sed_group_sed_record r JOIN sppp.sed_group g ON g.id = r.sed_group_id
       WHERE g.id = ANY (${of(without(groups, groupsThen))}::bigint[]) OR ${isNew(of, pull, 'g.transaction_id')}
      UNION
      SELECT r.sed_record_id
        FROM sppp.public_identifier p JOIN sppp.public_identifier_sed_record r ON r.public_identifier_id = p.id
       WHERE p.transaction_id >= ${of(pull.firstTransactionId)}::bigint AND ${isNew(of, pull, 'p.transaction_id')}
         AND ${shows})
    SELECT json_strip_nulls(json_build_object(
             'put', 'SedRec', 'id', s.id, 'registrant', o.org_id, 'name', s.name, 'kind', s.kind,
             'sedFunction', s.sed_function, 'isInSvc', s.is_in_svc, 'ttl', s.ttl,
             ${sedRecColumnList.map(([, { member, column }]) => `'${member}', s.${column}`)},
             'ipAddresses', (SELECT json_agg(json_build_object('version', a.version, 'addr', a.addr) ORDER BY a.position)
                               FROM sppp.sed_record_ip_addr a WHERE a.sed_record_id = s.id),
             'ext', s.ext, 'ownExt', s.own_ext))::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM candidate c
      JOIN sppp.sed_record s ON s.id = c.id
      JOIN sppp.organization o ON o.id = s.rant_id
     WHERE s.rant_id = ${asker}
        OR EXISTS (SELECT FROM sppp.sed_group_sed_record r JOIN sppp.sed_group g ON g.id = r.sed_group_id
                    WHERE r.sed_record_id = s.id AND (g.rant_id = ${asker} OR g.id = ANY (${mine}::bigint[])))
        OR EXISTS (SELECT FROM sppp.public_identifier_sed_record r
                     JOIN sppp.public_identifier p ON p.id = r.public_identifier_id
                    WHERE r.sed_record_id = s.id AND ${shows})
     ORDER BY s.id`;
  });
}

/** The asker's own, with those of their ingress groups that it sees. */
function egrRtes(pull: Pull): LineQuery {
  const { groups, groupsThen } = pull.shares;
  return lineQuery((of) => {
    const asker = of(pull.askerId);
    return `
    SELECT json_strip_nulls(json_build_object(
             'put', 'EgrRte', 'id', e.id, 'registrant', o.org_id, 'name', e.name, 'pref', e.pref, 'ere', e.ere,
             'repl', e.repl, 'svcs', e.svcs,
             'sedGroups', (SELECT coalesce(json_agg(g.id ORDER BY i.position), '[]')
                             FROM sppp.egress_route_sed_group i JOIN sppp.sed_group g ON g.id = i.sed_group_id
                            WHERE i.egress_route_id = e.id
                              AND (g.rant_id = ${asker} OR g.id = ANY (${of(groups)}::bigint[]))),
             'ext', e.ext, 'ownExt', e.own_ext))::text AS line,
           o.org_id AS "orgId", o.id AS "rantId"
      FROM sppp.egress_route e JOIN sppp.organization o ON o.id = e.rant_id
     WHERE e.rant_id = ${asker}
       AND (${of(pull.since)}::text IS NULL OR ${isNew(of, pull, 'e.transaction_id')}
            OR EXISTS (SELECT FROM sppp.egress_route_sed_group i
                        WHERE i.egress_route_id = e.id
                          AND i.sed_group_id = ANY (${of(without(groups, groupsThen))}::bigint[])))
     ORDER BY e.id`;
  });
}
