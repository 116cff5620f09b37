import type { Connection } from '../client/connect.js';
import type { FormOptions } from '../forms/form-line.js';
import type { Noun } from '../model/noun.js';
import { type ObjKind, objectOrder, objKinds } from '../model/object-order.js';
import { OperatorError } from '../operator-error.js';
import { compareStates } from './compare-states.js';
import { type DesiredState, readDesired } from './desired-state.js';
import { type ListHead, listHead, listObjects, type ObjectList } from './object-list.js';
import { ObjectSorter } from './object-sorter.js';
import { type Change, kindOf, PlanCounter, type PlanCounts, type PlanHead } from './plan.js';
import type { TaskHooks } from './progress.js';

/** Where a plan goes, as it is made. */
export interface PlanHooks extends TaskHooks {
  /** Gets each fault of a line of the files. */
  onFault(fault: string): void;
  onHead(head: PlanHead): Promise<void>;
  onChange(change: Change): Promise<void>;
}

export interface PlanOptions {
  /** Files, and folders of files. */
  readonly desired: readonly string[];
  /** Of the registry, for the plan. */
  readonly url: string;
  /** How the files are read; lines without a registrar get the login's own. */
  readonly form: FormOptions;
  /** Registrants that the files speak of even if no line has them. */
  readonly covered: readonly string[];
}

/** Objects that are compared between two words about progress. */
const TOLD_EVERY = 1000;

/**
 * Compares files with a registry: what has to be added, changed and deleted, so that the registry has what the files have, of
 * the kinds and of the registrants that they have. Reads the files first, then one list of the registry.
 *
 * @returns how many changes of each kind
 * @throws OperatorError if a file is wrong or the login may not read what it is compared with, SpppError if the registry cannot
 *   be read
 */
export async function makePlan(connection: Connection, options: PlanOptions, hooks: PlanHooks): Promise<PlanCounts> {
  const { signal, onProgress } = hooks;
  const { registrar } = await listHead(connection, signal);
  const sorter = new ObjectSorter();
  let list: ObjectList | undefined;
  try {
    const form = { ...options.form, rar: options.form.rar ?? registrar };
    const tell = (fault: string) => hooks.onFault(fault);
    const desired = await readDesired(options.desired, form, options.covered, sorter, tell, hooks);
    const kinds = objKinds.filter((kind) => desired.kinds.has(kind));
    const rants = [...desired.rants].sort();
    if (kinds.length === 0 || rants.length === 0) throw nothingToCompare(kinds.length === 0);
    const filter = { kind: listedKinds(kinds), rant: rants };
    list = await listObjects(connection, filter, signal);
    const { head, objects } = list;
    checkReadable(head, desired);
    await hooks.onHead({ plan: 1, url: options.url, registrar, at: head.at, kinds, rants });
    const counter = new PlanCounter(kinds);
    let [done, wanted] = [0, 0];
    const tellCompared = () =>
      onProgress?.({ unit: 'objects', step: 'compared', done, share: wanted / Math.max(sorter.count, 1) });
    tellCompared();
    for await (const compared of compareStates(objects, sorter.sorted(), desired)) {
      done += 1;
      if ('to' in compared) wanted += 1;
      if (done % TOLD_EVERY === 0) {
        signal?.throwIfAborted();
        tellCompared();
      }
      if ('from' in compared) counter.add(compared.from.kind, 'now');
      if (compared.do === 'nothing') continue;
      counter.add(kindOf(compared), compared.do);
      await hooks.onChange(compared);
    }
    return counter.counts;
  } finally {
    await list?.close();
    await sorter.close();
  }
}

/** The kinds that are read: an SED record of one kind may replace one of another kind. */
function listedKinds(kinds: readonly ObjKind[]): ObjKind[] {
  return objectOrder
    .filter(({ kinds: ofNoun }) => ofNoun.some((kind) => kinds.includes(kind)))
    .flatMap(({ noun, kinds: ofNoun }) => (noun === 'SedRec' ? ofNoun : ofNoun.filter((kind) => kinds.includes(kind))));
}

/**
 * Refuses what the login may not read of what the lines are about, and a registrant of which it may read nothing that the files
 * have. A registrar that acts for another one in some nouns only has all the others in its files without lines: nothing is
 * compared there, and nothing deleted.
 */
function checkReadable({ whole, registrar }: ListHead, { kinds, rants, nouns }: DesiredState): void {
  const compared = objectOrder.filter((each) => each.kinds.some((kind) => kinds.has(kind))).map(({ noun }) => noun);
  const isReadable = (noun: Noun, rant: string) => whole[noun]?.includes(rant) ?? false;
  const isNeeded = (noun: Noun, rant: string) =>
    nouns.get(rant)?.has(noun) ?? !compared.some((each) => isReadable(each, rant));
  const missing = compared.flatMap((noun) =>
    [...rants].filter((rant) => !isReadable(noun, rant) && isNeeded(noun, rant)).map((rant) => `${noun} of ${rant}`),
  );
  if (missing.length === 0) return;
  const some = missing.slice(0, 10).join(', ') + (missing.length > 10 ? ` and ${missing.length - 10} more` : '');
  throw new OperatorError(`${registrar} has no grant to read ${some}: there is nothing to compare the files with`);
}

function nothingToCompare(isWithoutKind: boolean): OperatorError {
  return new OperatorError(
    isWithoutKind
      ? 'the files have no objects and no header, so there is nothing to compare'
      : 'the files have no objects; --rant: the registrant that they speak of',
  );
}
