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
  type OfferEnd,
  type OfferName,
  putOffers,
} from '../registry/rows/sed-grp-offer-rows.js';
import type { AcceptItem, AddItem, DeleteItem, Item, RejectItem } from '../sppp/message.js';
import { doesNotExist, type Result, valueInvalid } from '../sppp/result.js';
import { foldName } from '../values/fold-name.js';
import { findOffered, judgeOffer, offerRow } from './add-sed-grp-offer.js';
import { byObject } from './by-object.js';
import { rowNameOf } from './known-rows.js';
import type { RunContext, RunDetails, RunStart } from './run-context.js';
import { RunResults } from './run-results.js';

type Adding = AddItem & { readonly subject: SedGrpOffer };

/** An item about an offer. */
export type OfferItem = Adding | AcceptItem | RejectItem | (DeleteItem & { readonly subject: SedGrpOfferKey });

/** Whether an item is about an offer. */
export function isOfferItem(item: Item): item is OfferItem {
  return nounOf(item.subject) === 'SedGrpOffer' && item.verb !== 'get';
}

/** The key by which the registry finds an offer. */
export function offerName({ sedGrpKey, offeredTo }: SedGrpOfferKey): OfferName {
  return { rant: sedGrpKey.rant, nameKey: foldName(sedGrpKey.name), offeredTo };
}

/**
 * Carries out a run of items about offers (RFC 7877 §6.5, §7.4, §7.5). The registrant of the group takes an offer back by
 * deleting it. The recipient becomes a peer by accepting it and ceases to be one by rejecting it. Accepting an accepted
 * offer changes nothing. For an offer that does not exist, the result names `name` if its group does not exist either,
 * else `offeredTo`.
 */
export async function changeOffers(items: readonly OfferItem[], start: RunStart): Promise<RunDetails> {
  const results = new RunResults<OfferItem>(items);
  const admitted = results.judge(items, (item) => judgeAlone(item, start));
  const facts = await findOffered(
    admitted.filter(isAdd).map(({ subject }) => subject),
    start,
  );
  const good = results.judge(admitted, (item) => (isAdd(item) ? judgeOffer(item.subject, facts, start) : undefined));
  const context = { ...start, stamp: await start.stamp };
  const { db, stamp } = context;
  const objects = byObject(good);
  const asked = objects.filter((said) => !said.every(isAdd));
  const held = await holdOffers(
    db,
    asked.map(([first]) => offerName(keyOf(first as OfferItem))),
  );
  const before = new Map(asked.map((said, index) => [said, held[index]]));
  const lives = objects.map((said) => new Life(said, before.get(said)));
  const absent = new Map(lives.flatMap((life) => life.absent.map((item) => [item, life.hasGroup] as const)));
  if (absent.size > 0) results.judge(good, (item) => (absent.has(item) ? notThere(item, absent.get(item)) : undefined));

  const deleted = lives.flatMap((life) => life.deleted ?? []);
  if (deleted.length > 0) {
    recordOfferDeletions(
      db,
      stamp,
      deleted.map(({ id }) => id),
    );
    for (const end of ['rejected', 'withdrawn'] as const) {
      const ended = deleted.filter((each) => each.end === end);
      deleteOffers(
        db,
        stamp,
        ended.map(({ id }) => id),
        end,
      );
    }
  }
  recordFurtherDeletions(
    db,
    stamp,
    'SedGrpOffer',
    lives.flatMap((life) => life.further.map((item) => deletionOf(item, context))),
  );
  const rows = new Map(
    lives.flatMap((life) =>
      life.added === undefined ? [] : [[life, offerRow(life.added, life.isModified, facts, context)]],
    ),
  );
  putOffers(db, stamp, [...rows.values()]);
  acceptOffers(
    db,
    stamp,
    lives.flatMap((life) => (life.isAccepted ? (rows.get(life) ?? life.row ?? []) : [])),
  );
  return results.details();
}

/** The states of one offer through the items of a run that are about it, in their order. */
class Life {
  /** Whether its group exists; known only if the offer does not. */
  readonly hasGroup: boolean;
  /** Its row, as long as it exists. */
  row: HeldOffer['offer'];
  /** The id of its row, once that is to be deleted, and why. */
  deleted: { readonly id: number; readonly end: OfferEnd } | undefined;
  /** As it is to be written; undefined if it stays as it is. */
  added: SedGrpOffer | undefined;
  /** The run has added it before. */
  isModified = false;
  /** It is to be marked as accepted. */
  isAccepted = false;
  /** Items that found no offer. */
  readonly absent: OfferItem[] = [];
  /** Items that deleted it after the run itself had added it. */
  readonly further: OfferItem[] = [];
  #status: SedGrpOffer['status'] | undefined;

  constructor(said: readonly OfferItem[], before: HeldOffer | undefined) {
    this.hasGroup = before?.hasGroup ?? true;
    this.row = before?.offer;
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
    if (this.row === undefined) this.further.push(item);
    if (this.row !== undefined)
      this.deleted ??= { id: this.row.id, end: item.verb === 'reject' ? 'rejected' : 'withdrawn' };
    this.row = undefined;
    this.added = undefined;
    this.isAccepted = false;
    this.#status = undefined;
  }
}

/** Judges form and authority, which do not depend on stored objects. */
function judgeAlone(item: OfferItem, { caller }: RunStart): Result | undefined {
  if (item.flaw !== undefined) return valueInvalid(item.flaw);
  if (isAdd(item)) return mayAdd(caller, item.subject);
  return item.verb === 'delete' ? mayDelete(caller, item.subject) : mayAnswer(caller, item.verb, item.subject);
}

function notThere(item: OfferItem, hasGroup = true): Result {
  const { sedGrpKey, offeredTo } = keyOf(item);
  return hasGroup ? doesNotExist('offeredTo', offeredTo) : doesNotExist('name', sedGrpKey.name);
}

/** An offer that has a row, as recordOfferDeletions takes it. */
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
