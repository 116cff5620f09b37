import type { ClientBase } from 'pg';
import { NamePattern } from '../../values/name-pattern.js';
import { statement } from '../connection/statement.js';
import type { OfferName } from './sed-grp-offer-rows.js';

interface Row {
  readonly id: number;
  readonly offeredTo: string;
  readonly offeredBy: string;
  readonly patternKey: string | null;
}

// Whoever withdraws one of them waits until the offers are committed. A suspended organization accepts nothing.
const rowsInForce = statement<Row>(
  'find agreements',
  `SELECT a.id, recipient.org_id AS "offeredTo", registrant.org_id AS "offeredBy", a.pattern_key AS "patternKey"
     FROM unnest($1::text[], $2::text[]) AS n(offered_to, offered_by)
     JOIN sppp.organization recipient ON recipient.org_id = n.offered_to AND recipient.suspended_at IS NULL
     JOIN sppp.organization registrant ON registrant.org_id = n.offered_by AND registrant.suspended_at IS NULL
     JOIN sppp.standing_agreement a ON a.offered_to_id = recipient.id AND a.offered_by_id = registrant.id
    WHERE a.withdrawn_at IS NULL
    ORDER BY a.id FOR SHARE OF a`,
);

/** The standing agreements that may cover some offers. */
export class Agreements {
  /** By the two organizations; the oldest first. */
  readonly #bySides = new Map<string, { readonly id: number; readonly pattern: NamePattern }[]>();

  constructor(rows: readonly Row[]) {
    for (const { id, patternKey, ...sides } of rows) {
      const its = this.#bySides.get(keyOf(sides)) ?? [];
      this.#bySides.set(keyOf(sides), its);
      its.push({ id, pattern: new NamePattern(patternKey) });
    }
  }

  /** The row id of the oldest agreement that covers an offer; undefined: the offer waits for its recipient. */
  covering({ rant, nameKey, offeredTo }: OfferName): number | undefined {
    return this.#bySides.get(keyOf({ offeredTo, offeredBy: rant }))?.find(({ pattern }) => pattern.holdsFor(nameKey))
      ?.id;
  }
}

/** The agreements in force between the sides of these offers. They stay in force until the transaction ends. */
export async function findAgreements(
  db: ClientBase,
  offers: readonly { readonly offeredTo: string; readonly offeredBy: string }[],
): Promise<Agreements> {
  if (offers.length === 0) return new Agreements([]);
  const sides = [...new Map(offers.map((offer) => [keyOf(offer), offer])).values()];
  return new Agreements(
    await rowsInForce(db, [sides.map(({ offeredTo }) => offeredTo), sides.map(({ offeredBy }) => offeredBy)]),
  );
}

/** Organization ids have no line ends. */
function keyOf({ offeredTo, offeredBy }: { readonly offeredTo: string; readonly offeredBy: string }): string {
  return `${offeredTo}\n${offeredBy}`;
}
