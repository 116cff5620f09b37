import { mayAdd, mayDelete } from '../authority/may.js';
import { nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import { doesNotExist, type Result, succeeded, valueInvalid } from '../sppp/result.js';
import { addDestGrp } from './add-dest-grp.js';
import { addEgrRte } from './add-egr-rte.js';
import { addPubId } from './add-pub-id.js';
import type { AddRules, OwnItem, Written } from './add-rules.js';
import { addSedGrp } from './add-sed-grp.js';
import { addSedRec } from './add-sed-rec.js';
import { byObject } from './by-object.js';
import { deleteObjects, recordFurther } from './delete.js';
import { attrOf, type OwnKey, type OwnNoun } from './keys.js';
import type { RunContext, RunDetails, RunStart } from './run-context.js';
import { RunResults } from './run-results.js';

type Changing = (items: readonly OwnItem[], start: RunStart) => Promise<RunDetails>;

const changing: Record<OwnNoun, Changing> = {
  DestGrp: changer(addDestGrp),
  PubId: changer(addPubId),
  SedRec: changer(addSedRec),
  SedGrp: changer(addSedGrp),
  EgrRte: changer(addEgrRte),
};

/**
 * Adds objects or replaces those that exist (RFC 7877 §7.1, RFC 7878 §7.2.1), and deletes objects by their keys with the
 * references to them. A key without an object is 2102 (RFC 7877 §5.3, §7.2).
 */
export async function changeObjects(items: readonly OwnItem[], start: RunStart): Promise<RunDetails> {
  const noun = items[0] === undefined ? 'SedGrpOffer' : nounOf(items[0].subject);
  return noun === 'SedGrpOffer' ? [] : changing[noun](items, start);
}

/**
 * Gathers facts, judges, applies: the same for every noun. Several items about one object are judged in their order and
 * written once: objects that exist and are to be deleted go first, then the last additions are made.
 */
function changer<Subject extends Obj, Facts>(rules: AddRules<Subject, Facts>): Changing {
  const isCase = (item: OwnItem): item is OwnItem<Subject> => item.verb === 'delete' || rules.is(item.subject);
  return async (items, start) => {
    if (!items.every(isCase)) throw new Error('a run of several nouns');
    const results = new RunResults<OwnItem<Subject>>(items);
    const admitted = results.judge(items, (item) => judgeAlone(item, start));
    const adds = admitted.filter(isAdd);
    let facts: Facts = await rules.gather(
      adds.map(({ subject }) => subject),
      start,
    );
    let good = results.judge(admitted, (item) => (isAdd(item) ? rules.judge(item.subject, facts, start) : undefined));
    let objects = byObject(good);
    const settled = adds.length > 0 ? await rules.settle?.(objects, facts, await stamped(start)) : undefined;
    if (settled !== undefined) {
      facts = settled.facts;
      if (settled.refused.size > 0) {
        good = results.judge(good, ({ subject }) => (isKey(subject) ? undefined : settled.refused.get(subject)));
        objects = byObject(good);
      }
    }
    const { absent, written } = await carryOut(objects, start);
    if (absent.size > 0) results.judge(good, (item) => (absent.has(item) ? notThere(item) : undefined));
    if (adds.length === 0) return results.details();
    const stored = await rules.apply(written, facts, await stamped(start));
    if (stored.size === 0) return results.details();
    for (const item of good) {
      const object = isAdd(item) ? stored.get(item.subject) : undefined;
      if (object !== undefined) results.record(item, succeeded, object);
    }
    return results.details();
  };
}

/** With the stamp, once the journal is open. */
async function stamped(start: RunStart): Promise<RunContext> {
  return { ...start, stamp: await start.stamp };
}

/** Judges form and authority, which do not depend on stored objects. */
function judgeAlone(item: OwnItem, { caller }: RunStart): Result | undefined {
  if (item.flaw !== undefined) return valueInvalid(item.flaw);
  return item.verb === 'add' ? mayAdd(caller, item.subject) : mayDelete(caller, item.subject);
}

interface Left<Subject extends Obj> {
  /** Deletions that found no object. */
  readonly absent: ReadonlySet<OwnItem<Subject>>;
  /** The objects that the run leaves. */
  readonly written: readonly Written<Subject>[];
}

/**
 * Goes through the items about each object. Objects that exist are deleted before it is known whether all of them do: if
 * one does not, an atomic request is undone.
 */
async function carryOut<Subject extends Obj>(
  objects: readonly (readonly OwnItem<Subject>[])[],
  start: RunStart,
): Promise<Left<Subject>> {
  const keys = objects.flatMap((said) => said.find(isDelete)?.subject ?? []);
  const wasThere = keys.length > 0 ? await deleteObjects(keys, start) : new Set<OwnKey>();
  const absent = new Set<OwnItem<Subject>>();
  const written: Written<Subject>[] = [];
  /** Deletions of objects that the run itself had added. */
  const further: OwnKey[] = [];
  for (const said of objects) {
    let added: Subject | undefined;
    let isModified = false;
    let left = said.some(({ subject }) => isKey(subject) && wasThere.has(subject));
    let isRecorded = !left;
    for (const item of said) {
      if (isAdd(item)) {
        isModified = added !== undefined;
        added = item.subject;
      } else if (added !== undefined || left) {
        if (isRecorded) further.push(item.subject);
        isRecorded = true;
        added = undefined;
        left = false;
      } else {
        absent.add(item);
      }
    }
    if (added !== undefined) written.push({ subject: added, isModified });
  }
  await recordFurther(further, start);
  return { absent, written };
}

function notThere({ subject }: OwnItem): Result | undefined {
  if (!isKey(subject)) return undefined;
  const { attrName, attrVal } = attrOf(subject);
  return doesNotExist(attrName, attrVal);
}

function isKey(subject: OwnItem['subject']): subject is OwnKey {
  return subject.kind === 'ObjKeyType' || subject.kind === 'PubIdKeyType';
}

function isAdd<Subject extends Obj>(item: OwnItem<Subject>): item is OwnItem<Subject> & { readonly verb: 'add' } {
  return item.verb === 'add';
}

function isDelete<Subject extends Obj>(item: OwnItem<Subject>): item is OwnItem<Subject> & { readonly verb: 'delete' } {
  return item.verb === 'delete';
}
