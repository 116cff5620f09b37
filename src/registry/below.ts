import type pg from 'pg';
import type { Question } from './resolve.js';
import { statement } from './statement.js';

/** How many identifiers below a name are looked at. */
const MOST_BELOW = 256;

const belowRows = statement<{ readonly found: boolean }>(
  'anything below',
  `SELECT true AS found
     FROM sppp.read_identifier($1) sought
     JOIN sppp.organization o ON o.org_id = $2
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
  { identifier, asker }: Question,
): Promise<boolean> {
  return (await belowRows(db, [identifier, asker])).length > 0;
}
