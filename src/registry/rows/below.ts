import type pg from 'pg';
import { statement } from '../connection/statement.js';
import type { Question } from '../resolve/resolve.js';

/**
 * Goes from the asker's groups and accepted offers to destination groups, once. Then it walks along the index of values
 * and skips identifiers that are not shared. A number with records of its own that is in no group is shared with
 * everybody.
 */
const belowRows = statement<{ readonly found: boolean }>(
  'anything below',
  `SELECT true AS found
     FROM sppp.read_identifier($1) sought
     JOIN sppp.organization o ON o.org_id = $2
    WHERE EXISTS (
          SELECT FROM sppp.public_identifier p
           WHERE p.value > sought.value AND p.value < sought.value || ':'
             AND (p.kind = 'RN') = (sought.kind = 'RN') AND p.kind <> 'URI'
             AND CASE WHEN EXISTS (SELECT FROM sppp.destination_group_member m WHERE m.public_identifier_id = p.id)
                      THEN EXISTS (SELECT FROM sppp.destination_group_member m
                                    WHERE m.public_identifier_id = p.id
                                      AND m.destination_group_id IN (
                                          SELECT l.destination_group_id
                                            FROM sppp.organization asker
                                            JOIN sppp.sed_group_offer f
                                              ON f.offered_to_id = asker.id AND f.status = 'accepted'
                                            JOIN sppp.sed_group_dest_grp l ON l.sed_group_id = f.sed_group_id
                                           WHERE asker.org_id = $2
                                           UNION
                                          SELECT l.destination_group_id
                                            FROM sppp.organization asker
                                            JOIN sppp.destination_group d ON d.rant_id = asker.id
                                            JOIN sppp.sed_group_dest_grp l ON l.destination_group_id = d.id
                                           WHERE asker.org_id = $2))
                      ELSE EXISTS (SELECT FROM sppp.public_identifier_sed_record r
                                    WHERE r.public_identifier_id = p.id) END)`,
);

/**
 * Whether an identifier that begins with these digits is shared with the asker. Identifiers of other organizations
 * change nothing but the time that skipping them takes.
 */
export async function isAnythingBelow(
  db: Pick<pg.ClientBase, 'query'>,
  { identifier, asker }: Question,
): Promise<boolean> {
  return (await belowRows(db, [identifier, asker])).length > 0;
}
