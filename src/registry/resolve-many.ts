import type pg from 'pg';
import type { Question, Sed } from './resolve.js';
import { statement } from './statement.js';

const manyRows = statement<Sed & { readonly nth: number } & pg.QueryResultRow>(
  'resolve many',
  `SELECT q.nth::int AS nth, r."position", r.registrant, r.matched_kind AS "matchedKind",
          r.matched_identifier AS "matchedIdentifier", r.cor, r.destination_group AS "destinationGroup",
          r.sed_group AS "sedGroup", r.group_priority AS "groupPriority", r.record_registrant AS "recordRegistrant",
          r.sed_record AS "sedRecord", r.kind, r.sed_function AS "sedFunction",
          r.record_priority AS "recordPriority", r.naptr_order AS "naptrOrder", r.egress_route AS "egressRoute",
          r.pref, r.svcs, r.flags, r.ere, r.regx_repl AS "regxRepl", r.repl, r.uri, r.host_name AS "hostName",
          r.ip_addresses AS "ipAddresses", r.ttl, r.final_uri AS "finalUri"
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[]) WITH ORDINALITY
          AS q(identifier, asker, source_uri, source_ip, root_domain, nth)
    CROSS JOIN LATERAL sppp_api.resolve(q.identifier, q.asker, q.source_uri, q.source_ip, q.root_domain) r
    ORDER BY q.nth, r."position"`,
);

/** What resolve() gives for each of the questions, asked in one statement. */
export async function resolveMany(db: Pick<pg.ClientBase, 'query'>, questions: readonly Question[]): Promise<Sed[][]> {
  const rows = await manyRows(db, [
    questions.map(({ identifier }) => identifier),
    questions.map(({ asker }) => asker),
    questions.map(({ sourceUri }) => sourceUri),
    questions.map(({ sourceIp }) => sourceIp),
    questions.map(({ rootDomain }) => rootDomain),
  ]);
  const answers: Sed[][] = questions.map(() => []);
  for (const { nth, ...sed } of rows) answers[nth - 1]?.push(sed);
  return answers;
}

/** How many identifiers below a name are looked at. */
const MOST_BELOW = 256;

const belowRows = statement<{ readonly nth: number }>(
  'anything below',
  `SELECT q.nth::int AS nth
     FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS q(identifier, asker, nth)
    CROSS JOIN LATERAL sppp.read_identifier(q.identifier) sought
     JOIN sppp.organization o ON o.org_id = q.asker
    WHERE EXISTS (
          SELECT FROM (SELECT p.id, p.rant_id FROM sppp.public_identifier p
                        WHERE p.value > sought.value AND p.value < sought.value || ':'
                          AND (p.kind = 'RN') = (sought.kind = 'RN') AND p.kind <> 'URI'
                        ORDER BY p.value LIMIT ${MOST_BELOW}) below
            JOIN sppp.destination_group_member m ON m.public_identifier_id = below.id
            JOIN sppp.sed_group_dest_grp l ON l.destination_group_id = m.destination_group_id
           WHERE below.rant_id = o.id
              OR EXISTS (SELECT FROM sppp.sed_group_offer f
                          WHERE f.sed_group_id = l.sed_group_id AND f.offered_to_id = o.id AND f.status = 'accepted'))`,
);

/**
 * Whether an identifier that begins with the digits asked for is shared with the asker, among the first ones that begin
 * so; what others have never shows.
 */
export async function isAnythingBelow(
  db: Pick<pg.ClientBase, 'query'>,
  questions: readonly Question[],
): Promise<boolean[]> {
  const rows = await belowRows(db, [
    questions.map(({ identifier }) => identifier),
    questions.map(({ asker }) => asker),
  ]);
  const found = new Set(rows.map(({ nth }) => nth));
  return questions.map((_, index) => found.has(index + 1));
}
