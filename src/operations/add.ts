import { mayAdd } from '../authority/may.js';
import { type Noun, nounOf } from '../objects/noun.js';
import type { Obj } from '../objects/obj.js';
import type { AddItem } from '../sppp/message.js';
import { commandInvalid, type Result, succeeded, valueInvalid } from '../sppp/result.js';
import { addDestGrp } from './add-dest-grp.js';
import { addPubId } from './add-pub-id.js';
import { addSedGrp } from './add-sed-grp.js';
import { addSedRec } from './add-sed-rec.js';
import type { Verdicts, Work } from './work.js';

/** How objects of one noun are added: what must be known, what is then said of each, and what is written. */
export interface AddRules<Subject extends Obj, Facts> {
  is(subject: Obj): subject is Subject;
  gather(subjects: readonly Subject[], work: Work): Promise<Facts>;
  judge(subject: Subject, facts: Facts, work: Work): Result | undefined;
  /** The objects as stored, where the client is to be told: a carrier-of-record claim that holds. */
  apply(subjects: readonly Subject[], facts: Facts, work: Work): Promise<ReadonlyMap<Subject, Obj>>;
}

type Adding = (items: readonly AddItem[], work: Work) => Promise<Verdicts>;

const adding: Partial<Record<Noun, Adding>> = {
  DestGrp: adder(addDestGrp),
  PubId: adder(addPubId),
  SedRec: adder(addSedRec),
  SedGrp: adder(addSedGrp),
};

/** Adds a run of objects, or replaces those that are there (RFC 7877 §7.1, RFC 7878 §7.2.1). */
export async function add(items: readonly AddItem[], work: Work): Promise<Verdicts> {
  const [first] = items;
  const carryOut = first === undefined ? undefined : adding[nounOf(first.subject)];
  if (carryOut !== undefined) return carryOut(items, work);
  return items.map((item) => ({ index: item.index, item, result: commandInvalid('not supported') }));
}

/** Facts, verdicts, one application: the way of every noun. */
function adder<Subject extends Obj, Facts>(rules: AddRules<Subject, Facts>): Adding {
  return async (items, work) => {
    const verdicts: Verdicts[number][] = [];
    const say = (item: AddItem, result: Result, subject: Obj = item.subject) =>
      verdicts.push({ index: item.index, item: { verb: 'add', subject }, result });

    const admitted: { item: AddItem; subject: Subject }[] = [];
    for (const item of items) {
      const { flaw, subject } = item;
      if (!rules.is(subject)) throw new Error(`${subject.kind} in a run of another noun`);
      const refused = flaw === undefined ? mayAdd(work.caller, subject) : valueInvalid(flaw);
      if (refused === undefined) admitted.push({ item, subject });
      else say(item, refused);
    }

    const facts = await rules.gather(
      admitted.map(({ subject }) => subject),
      work,
    );
    const good: typeof admitted = [];
    for (const each of admitted) {
      const refused = rules.judge(each.subject, facts, work);
      if (refused === undefined) good.push(each);
      else say(each.item, refused);
    }

    if (good.length > 0 && !(work.allOrNothing && verdicts.length > 0)) {
      const stored = await rules.apply(
        good.map(({ subject }) => subject),
        facts,
        work,
      );
      for (const { item, subject } of good) {
        const told = stored.get(subject);
        if (told !== undefined) say(item, succeeded, told);
      }
    }
    return verdicts.sort((a, b) => a.index - b.index);
  };
}
