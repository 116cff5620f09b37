import { mayAdd } from '../authority/may.js';
import { type Noun, nounOf } from '../objects/noun.js';
import type { Obj } from '../objects/obj.js';
import type { AddItem } from '../sppp/message.js';
import { succeeded, valueInvalid } from '../sppp/result.js';
import { addDestGrp } from './add-dest-grp.js';
import { addEgrRte } from './add-egr-rte.js';
import { addPubId } from './add-pub-id.js';
import type { AddRules } from './add-rules.js';
import { addSedGrp } from './add-sed-grp.js';
import { addSedGrpOffer } from './add-sed-grp-offer.js';
import { addSedRec } from './add-sed-rec.js';
import { Docket } from './docket.js';
import type { Verdicts, Work } from './work.js';

type Adding = (items: readonly AddItem[], work: Work) => Promise<Verdicts>;

const adding: Record<Noun, Adding> = {
  DestGrp: adder(addDestGrp),
  PubId: adder(addPubId),
  SedRec: adder(addSedRec),
  SedGrp: adder(addSedGrp),
  SedGrpOffer: adder(addSedGrpOffer),
  EgrRte: adder(addEgrRte),
};

/** Adds a run of objects, or replaces those that are there (RFC 7877 §7.1, RFC 7878 §7.2.1). */
export async function add(items: readonly AddItem[], work: Work): Promise<Verdicts> {
  const [first] = items;
  return first === undefined ? [] : adding[nounOf(first.subject)](items, work);
}

/**
 * Facts, verdicts, one application: the way of every noun. Only public identifiers know how to prepare before it is
 * their turn; a large request has many of them and few of the others.
 */
function adder<Subject extends Obj, Facts>(rules: AddRules<Subject, Facts>): Adding {
  const isCase = (item: AddItem): item is AddItem & { readonly subject: Subject } => rules.is(item.subject);
  return async (items, work) => {
    if (!items.every(isCase)) throw new Error('a run of several nouns');
    if (!rules.awaitsTurn) await work.turn;
    const docket = new Docket(items);
    const admitted = docket.sift(items, ({ flaw, subject }) =>
      flaw === undefined ? mayAdd(work.caller, subject) : valueInvalid(flaw),
    );
    const facts = await rules.gather(
      admitted.map(({ subject }) => subject),
      work,
    );
    const good = docket.sift(admitted, ({ subject }) => rules.judge(subject, facts, work));
    if (good.length > 0) {
      const stored = await rules.apply(
        good.map(({ subject }) => subject),
        facts,
        work,
      );
      if (stored.size === 0) return docket.verdicts();
      for (const item of good) {
        const told = stored.get(item.subject);
        if (told !== undefined) docket.tell(item, succeeded, told);
      }
    }
    return docket.verdicts();
  };
}
