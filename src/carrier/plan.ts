import type { Difference } from '../forms/differences.js';
import type { Obj } from '../model/obj.js';
import { type ObjKind, objKinds } from '../model/object-order.js';

/** One step from what a registry has to what it should have: an object to add, to replace, or to delete. */
export type Change =
  | { readonly do: 'add'; readonly to: Obj }
  | { readonly do: 'change'; readonly from: Obj; readonly to: Obj; readonly differences: readonly Difference[] }
  | { readonly do: 'delete'; readonly from: Obj };

/** Objects of one kind: how many the registry has, and what becomes of them. */
export interface KindCounts {
  readonly now: number;
  readonly add: number;
  readonly change: number;
  readonly delete: number;
}

export type PlanCounts = Readonly<Partial<Record<ObjKind, KindCounts>>>;

export const noneOfKind: KindCounts = { now: 0, add: 0, change: 0, delete: 0 };

/** What a plan is about. */
export interface PlanHead {
  readonly plan: 1;
  readonly url: string;
  readonly registrar: string;
  /** The state of the registry that it was compared with. */
  readonly at: string;
  readonly kinds: readonly ObjKind[];
  readonly rants: readonly string[];
}

/** The kind of the object that a change is about: the one that it has. */
export function kindOf(change: Change): ObjKind {
  return change.do === 'add' ? change.to.kind : change.from.kind;
}

/** Counts objects by kind. */
export class PlanCounter {
  readonly counts: Partial<Record<ObjKind, { -readonly [What in keyof KindCounts]: number }>> = {};

  /** The kinds are counted even if there is no object of them. */
  constructor(kinds: readonly ObjKind[] = []) {
    for (const kind of kinds) this.counts[kind] = { ...noneOfKind };
  }

  add(kind: ObjKind, what: keyof KindCounts): void {
    this.counts[kind] ??= { ...noneOfKind };
    this.counts[kind][what] += 1;
  }
}

/** How many changes a plan has. */
export function changesIn(counts: PlanCounts): number {
  return Object.values(counts).reduce((sum, each) => sum + each.add + each.change + each.delete, 0);
}

/** A kind of which a plan deletes more than it may. */
export interface LosingKind {
  readonly kind: ObjKind;
  readonly now: number;
  readonly delete: number;
}

/** The kinds of which a plan deletes more than this part, in percent, of what the registry has; in the order of lists. */
export function kindsLosing(counts: PlanCounts, percent: number): readonly LosingKind[] {
  return objKinds.flatMap((kind) => {
    const { now, delete: deleted } = counts[kind] ?? noneOfKind;
    return deleted * 100 > now * percent ? [{ kind, now, delete: deleted }] : [];
  });
}
