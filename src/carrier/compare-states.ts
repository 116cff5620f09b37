import { UnreadableAnswerError } from '../client/sppp-error.js';
import { differencesBetween } from '../forms/differences.js';
import { keyText } from '../forms/key-text.js';
import { identityOf } from '../model/identity.js';
import type { Key } from '../model/key.js';
import { keyOf } from '../model/key-of.js';
import { nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import { orderTextOf } from '../model/object-order.js';
import { OperatorError } from '../operator-error.js';
import { compareCodePoints } from '../values/code-point-order.js';
import type { DesiredState } from './desired-state.js';
import type { Listed } from './object-list.js';
import type { Sorted } from './object-sorter.js';
import type { Change } from './plan.js';

/** What is told of each object that the registry has or should have: the change, or that there is none. */
export type Compared = Change | { readonly do: 'nothing'; readonly from: Obj; readonly to?: Obj };

/** References to deleted objects that are told before the comparison ends. */
const MAX_TOLD = 20;

/**
 * Compares what a registry has with what it should have, both in the order of lists. Objects that the desired state does not
 * speak of are passed over.
 *
 * @throws OperatorError if two files have the same object, or if an object names one that would be deleted
 */
export async function* compareStates(
  listed: AsyncIterable<readonly Listed[]>,
  sorted: AsyncIterable<Sorted>,
  desired: DesiredState,
): AsyncGenerator<Compared, void> {
  const now = ownObjects(listed, desired.rants);
  const wanted = onlyOnce(sorted, desired.files);
  const gone = new GoneObjects();
  let [from, to] = [(await now.next()).value, (await wanted.next()).value];
  try {
    while (from !== undefined || to !== undefined) {
      const compared = to === undefined ? -1 : from === undefined ? 1 : compareCodePoints(from.order, to.order);
      if (to !== undefined && compared >= 0) gone.check(to.object, `${desired.files[to.file]}: line ${to.line}`);
      if (from !== undefined && compared < 0 && desired.kinds.has(from.object.kind)) gone.add(from.object);
      if (from !== undefined && compared <= 0)
        yield step(from.object, compared === 0 ? to?.object : undefined, desired);
      else if (to !== undefined) yield { do: 'add', to: to.object };
      if (compared <= 0) from = (await now.next()).value;
      if (compared >= 0) to = (await wanted.next()).value;
    }
    gone.end();
  } finally {
    await now.return(undefined);
    await wanted.return(undefined);
  }
}

function step(from: Obj, to: Obj | undefined, { kinds }: DesiredState): Compared {
  if (to === undefined) return kinds.has(from.kind) ? { do: 'delete', from } : { do: 'nothing', from };
  const differences = differencesBetween(from, to);
  return differences.length === 0 ? { do: 'nothing', from, to } : { do: 'change', from, to, differences };
}

interface Ordered {
  readonly order: string;
  readonly object: Obj;
}

/** The objects of the list that are the registrants' own. */
async function* ownObjects(
  listed: AsyncIterable<readonly Listed[]>,
  rants: ReadonlySet<string>,
): AsyncGenerator<Ordered, undefined> {
  let last = '';
  for await (const batch of listed) {
    for (const { object, isShared } of batch) {
      if (isShared || !rants.has(object.rant)) continue;
      const order = orderTextOf(object);
      if (compareCodePoints(last, order) >= 0)
        throw new UnreadableAnswerError('GET /objects: the list is not in order');
      last = order;
      yield { order, object };
    }
  }
  return undefined;
}

async function* onlyOnce(sorted: AsyncIterable<Sorted>, files: readonly string[]): AsyncGenerator<Sorted, undefined> {
  let last: Sorted | undefined;
  for await (const each of sorted) {
    if (each.order === last?.order) {
      const places = [last, each].map(({ file, line }) => `${files[file]}: line ${line}`);
      throw new OperatorError(`${keyText(keyOf(each.object))} is in two files: ${places.join(', ')}`);
    }
    last = each;
    yield each;
  }
  return undefined;
}

/** Groups and records that a plan deletes, which no object may name then: the registry would take them out of it. */
class GoneObjects {
  readonly #gone = new Set<string>();
  readonly #told: string[] = [];

  add(object: Obj): void {
    if (nounOf(object) !== 'PubId') this.#gone.add(identityOf(object));
  }

  check(object: Obj, place: string): void {
    if (this.#gone.size === 0 || this.#told.length >= MAX_TOLD) return;
    for (const key of keysIn(object)) {
      if (!this.#gone.has(identityOf(key))) continue;
      this.#told.push(`${place}: ${keyText(keyOf(object))} names ${keyText(key)}, which no file has`);
    }
  }

  end(): void {
    if (this.#told.length > 0) throw new OperatorError(this.#told.join('\n'));
  }
}

/** The keys of the objects that an object names. */
function keysIn(object: Obj): readonly Key[] {
  switch (object.kind) {
    case 'SedGrpType':
      return [...groupsIn(object), ...object.sedRecRef.map(({ sedKey }) => sedKey)];
    case 'SedGrpOfferType':
      return [object.sedGrpOfferKey.sedGrpKey];
    case 'EgrRteType':
      return object.ingrSedGrp;
    case 'TNType':
      return [...groupsIn(object), ...object.sedRecRef.map(({ sedKey }) => sedKey)];
    case 'TNRType':
    case 'TNPType':
    case 'RNType':
    case 'URIPubIdType':
      return groupsIn(object);
    default:
      return [];
  }
}

function groupsIn({ rant, dgName }: { readonly rant: string; readonly dgName: readonly string[] }): Key[] {
  return dgName.map((name) => ({ kind: 'ObjKeyType', rant, name, type: 'DestGrp' }));
}
