import { isAsked } from '../../authority/table.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { type GrantVerb, grantNouns, grantVerbs, type Narrowing, spanOfGrant } from '../../model/grant.js';
import { Grants } from '../../model/grants.js';
import type { Noun } from '../../model/noun.js';
import {
  addGrant,
  type ListedGrant,
  listGrants,
  organizationId,
  removeGrants,
} from '../../registry/access/administration.js';
import type { PrismaClient } from '../../registry/prisma-client/client.js';
import { grantsPath } from '../paths.js';
import { nothingTold } from '../planned-change.js';
import type { Plan } from '../planned-routes.js';
import { choiceIn, idIn, type Query, refused, shown, shownIfKnown, textIn, textsIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import { GrantTable } from './grant-table.js';

/** A registrar, a registrant, and the grants of the one for the other. */
export interface GrantPair {
  readonly registrar: string;
  readonly registrant: string;
  readonly grants: readonly ListedGrant[];
}

/** The pair that the parameters of a page name; there is nothing if either is not known. */
export async function readPair(prisma: PrismaClient, query: Query): Promise<GrantPair> {
  const [registrar, registrant] = [textIn(query, 'registrar'), textIn(query, 'registrant')];
  await shownIfKnown(organizationId(prisma, registrant));
  const grants = await shownIfKnown(listGrants(prisma, registrar));
  return { registrar, registrant, grants: grants.filter((grant) => grant.registrant === registrant) };
}

/** The changes that operators make of grants, by the last part of their paths: as `sppp grant` makes them. */
export function grantPlans(prisma: PrismaClient): Readonly<Record<string, Plan>> {
  return {
    add: async (query, visitor) => {
      requireOperator(visitor, 'change', 'Grant');
      const { registrar, registrant, grants } = await readPair(prisma, query);
      const narrowings = narrowingsIn(query);
      const registrantId = await organizationId(prisma, registrant);
      const added = narrowings.map((narrowing) => ({ registrant, registrantId, ...narrowing }));
      return {
        title: `Let ${registrar} act for ${registrant}`,
        effects: (
          <>
            <p>Other grants stay as they are; grants add up.</p>
            <GrantTable before={new Grants(grants)} after={new Grants([...grants, ...added])} registrant={registrant} />
          </>
        ),
        ...{ button: 'Grant it', back: grantsPath(registrar, registrant) },
        make: async () => {
          for (const narrowing of narrowings) await addGrant(prisma, registrar, registrant, narrowing);
          return undefined;
        },
      };
    },
    remove: async (query, visitor) => {
      requireOperator(visitor, 'change', 'Grant');
      const { registrar, registrant, grants } = await readPair(prisma, query);
      const grant = shown(grants.find(({ id }) => id === idIn(query, 'id')));
      const others = grants.filter((each) => each !== grant);
      return {
        title: `Take grant ${grant.id} of ${registrar} for ${registrant} back`,
        effects: (
          <>
            {others.length === 0 && (
              <p>
                {registrar} may do nothing for {registrant} then. What it has written stays, and is not shown to it.
              </p>
            )}
            <GrantTable before={new Grants(grants)} after={new Grants(others)} registrant={registrant} />
          </>
        ),
        ...{ button: 'Take it back', back: grantsPath(registrar, registrant) },
        make: () => removeGrants(prisma, registrar, registrant, grant.id).then(nothingTold),
      };
    },
  };
}

/** One cell of the table, as a check box has it, such as `add PubId`. */
export const cellName = (verb: GrantVerb, noun: Noun): string => `${verb} ${noun}`;

/** All cells where there is such an operation. */
const cells = grantNouns.flatMap((noun) =>
  grantVerbs.filter((verb) => isAsked(verb, noun)).map((verb) => cellName(verb, noun)),
);

/**
 * The grants that give what is ticked: kinds of object with the same verbs share one. Without limits if everything is asked
 * for and no numbers are named.
 */
function narrowingsIn(query: Query): Narrowing[] {
  const spans = spansIn(query);
  if (choiceIn(query, 'all', ['yes']) === 'yes') return [{ nouns: undefined, verbs: undefined, spans }];
  const ticked = textsIn(query, 'may');
  const stranger = ticked.find((each) => !cells.includes(each));
  if (stranger !== undefined) throw refused('may', stranger, 'a verb and a kind of object, such as add PubId');
  if (ticked.length === 0) throw new HttpRefusedError(400, 'Tick what it may do, or grant everything.');
  const verbsOf = (noun: Noun) => grantVerbs.filter((verb) => ticked.includes(cellName(verb, noun)));
  const ways = new Set(grantNouns.map((noun) => verbsOf(noun).join()).filter((verbs) => verbs !== ''));
  return [...ways].map((way) => {
    const nouns = grantNouns.filter((noun) => verbsOf(noun).join() === way);
    return { nouns, verbs: grantVerbs.filter((verb) => way.split(',').includes(verb)), spans };
  });
}

/** The numbers that may be written; undefined for all. */
function spansIn(query: Query): string[] | undefined {
  const texts = textIn(query, 'numbers')
    .split(/[\s,]+/)
    .filter((text) => text !== '');
  for (const text of texts) {
    const read = spanOfGrant(text);
    if ('error' in read) throw refused('numbers', text, read.error);
  }
  return texts.length === 0 ? undefined : texts;
}
