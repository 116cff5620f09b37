import { mayAdd, mayAnswer, mayDelete } from '../authority/may.js';
import type { SedGrpOfferKey } from '../model/key.js';
import { nounOf } from '../model/noun.js';
import type { SedGrpOffer } from '../model/sed-grp-offer.js';
import { recordFurtherDeletions, recordOfferDeletions } from '../registry/rows/deletions.js';
import {
  acceptOffers,
  deleteOffers,
  type HeldOffer,
  holdOffers,
  type OfferName,
  putOffers,
} from '../registry/rows/sed-grp-offer-rows.js';
import type { AcceptItem, AddItem, DeleteItem, Item, RejectItem } from '../sppp/message.js';
import { doesNotExist, type Result, valueInvalid } from '../sppp/result.js';
import { foldName } from '../values/fold-name.js';
import { findOffered, judgeOffer, offerRow } from './add-sed-grp-offer.js';
import { byObject } from './by-object.js';
import { rowNameOf } from './known-rows.js';
import type { RunContext, RunDetails } from './run-context.js';
import { RunResults } from './run-results.js';

type Adding = AddItem & { readonly subject: SedGrpOffer };

/** An item about an offer. */
export type OfferItem = Adding | AcceptItem | RejectItem | (DeleteItem & { readonly subject: SedGrpOfferKey });

/** Whether an item is about an offer. */
export function isOfferItem(item: Item): item is OfferItem {
  return nounOf(item.subject) === 'SedGrpOffer' && item.verb !== 'get';
}

/** How an offer is found in the registry. */
export function offerName({ sedGrpKey, offeredTo }: SedGrpOfferKey): OfferName {
  return { rant: sedGrpKey.rant, nameKey: foldName(sedGrpKey.name), offeredTo };
}

/**
 * Carries out a run of items about offers. Whoever made one takes it back by deleting it; its recipient becomes a peer by
 * accepting it, and is none when it rejects it, accepted before or not (RFC 7877 §6.5, §7.4, §7.5). One accepted before
 * stays as it is. An offer that is not there is told by `name` if its group is not, else by `offeredTo`.
 */
export async function changeOffers(items: readonly OfferItem[], context: RunContext): Promise<RunDetails> {
  const { db, stamp } = context;
  const results = new RunResults<OfferItem>(items);
  const admitted = results.sift(items, (item) => judgeAlone(item, context));
  const facts = await findOffered(
    admitted.filter(isAdd).map(({ subject }) => subject),
    context,
  );
  const good = results.sift(admitted, (item) => (isAdd(item) ? judgeOffer(item.subject, facts, context) : undefined));
  const objects = byObject(good);
  const asked = objects.filter((said) => !said.every(isAdd));
  const held = await holdOffers(
    db,
    asked.map(([first]) => offerName(keyOf(first as OfferItem))),
  );
  const before = new Map(asked.map((said, index) => [said, held[index]]));
  const lives = objects.map((said) => new Life(said, before.get(said)));
  const absent = new Map(lives.flatMap((life) => life.absent.map((item) => [item, life.hasGroup] as const)));
  if (absent.size > 0) results.sift(good, (item) => (absent.has(item) ? notThere(item, absent.get(item)) : undefined));

  const disconnected = lives.flatMap((life) => life.disconnected ?? []);
  await recordOfferDeletions(db, stamp, disconnected);
  await deleteOffers(db, disconnected);
  await recordFurtherDeletions(
    db,
    stamp,
    'SedGrpOffer',
    lives.flatMap((life) => life.further.map((item) => deletionOf(item, context))),
  );
  const made = lives.filter(({ added }) => added !== undefined);
  const ids = await putOffers(
    db,
    stamp,
    made.map(({ added, isModified }) => offerRow(added as SedGrpOffer, isModified, facts, context)),
  );
  const rows = new Map(made.map((life, index) => [life, ids[index]]));
  await acceptOffers(
    db,
    stamp,
    lives.flatMap((life) => (life.isAccepted ? (rows.get(life) ?? life.id ?? []) : [])),
  );
  return results.verdicts();
}

/** What becomes of one offer by all that a run says of it, in its order. */
class Life {
  /** Whether its group is there: told where the offer is not. */
  readonly hasGroup: boolean;
  /** Its row, as long as that is there. */
  id: number | undefined;
  /** Its row, once that is to be deleted. */
  disconnected: number | undefined;
  /** As it is to be written, unless it is left as it is. */
  added: SedGrpOffer | undefined;
  /** The run has added it before. */
  isModified = false;
  /** It is to be marked as accepted. */
  isAccepted = false;
  /** What asked for it when it was not there. */
  readonly absent: OfferItem[] = [];
  /** What took it away when the run itself had added it. */
  readonly further: OfferItem[] = [];
  #status: SedGrpOffer['status'] | undefined;

  constructor(said: readonly OfferItem[], before: HeldOffer | undefined) {
    this.hasGroup = before?.hasGroup ?? true;
    this.id = before?.offer?.id;
    this.#status = before?.offer?.status;
    for (const item of said) {
      if (isAdd(item)) this.#add(item.subject);
      else if (this.#status === undefined) this.absent.push(item);
      else if (item.verb === 'accept') this.#accept();
      else this.#remove(item);
    }
  }

  #add(offer: SedGrpOffer): void {
    this.isModified = this.added !== undefined;
    this.added = offer;
    this.#status ??= 'offered';
  }

  #accept(): void {
    if (this.#status === 'offered') this.isAccepted = true;
    this.#status = 'accepted';
  }

  #remove(item: OfferItem): void {
    if (this.id === undefined) this.further.push(item);
    this.disconnected ??= this.id;
    this.id = undefined;
    this.added = undefined;
    this.isAccepted = false;
    this.#status = undefined;
  }
}

/** Form and authority, which do not depend on what is stored. */
function judgeAlone(item: OfferItem, { caller }: RunContext): Result | undefined {
  if (item.flaw !== undefined) return valueInvalid(item.flaw);
  if (isAdd(item)) return mayAdd(caller, item.subject);
  return item.verb === 'delete' ? mayDelete(caller, item.subject) : mayAnswer(caller, item.verb, item.subject);
}

function notThere(item: OfferItem, hasGroup = true): Result {
  const { sedGrpKey, offeredTo } = keyOf(item);
  return hasGroup ? doesNotExist('offeredTo', offeredTo) : doesNotExist('name', sedGrpKey.name);
}

/** As recordOfferDeletions names an offer that has a row. */
function deletionOf(item: OfferItem, { caller }: RunContext): { rantId: number; key: string } {
  const { sedGrpKey, offeredTo } = keyOf(item);
  const { rantId, nameKey } = rowNameOf(caller, sedGrpKey.rant, sedGrpKey.name);
  return { rantId, key: `${nameKey} to ${offeredTo}` };
}

function keyOf({ subject }: OfferItem): SedGrpOfferKey {
  return subject.kind === 'SedGrpOfferType' ? subject.sedGrpOfferKey : subject;
}

function isAdd(item: OfferItem): item is Adding {
  return item.verb === 'add';
}
