import type { Obj } from '../model/obj.js';
import type { AddItem, DeleteItem } from '../sppp/message.js';
import type { Result } from '../sppp/result.js';
import type { OwnKey } from './keys.js';
import type { RunContext, RunStart } from './run-context.js';

/** An item about an object that belongs to one registrant alone. */
export type OwnItem<Subject extends Obj = Obj> =
  | (AddItem & { readonly subject: Subject })
  | (DeleteItem & { readonly subject: OwnKey });

/** An object as a run leaves it. */
export interface Written<Subject extends Obj> {
  readonly subject: Subject;
  /** The run itself has added it before: it counts as modified. */
  readonly isModified: boolean;
}

/** How objects of one noun are added: the facts that are needed, the verdict on each object, and what is written. */
export interface AddRules<Subject extends Obj, Facts> {
  is(subject: Obj): subject is Subject;
  gather(subjects: readonly Subject[], start: RunStart): Promise<Facts>;
  judge(subject: Subject, facts: Facts, start: RunStart): Result | undefined;
  /** Decides what depends on earlier items about the same object; with the objects that it refuses. */
  settle?(
    objects: readonly (readonly OwnItem<Subject>[])[],
    facts: Facts,
    context: RunContext,
  ): Promise<{ readonly facts: Facts; readonly refused: ReadonlyMap<Obj, Result> }>;
  /** Writes the objects, none of which comes twice. Returns those that the answer has as they are stored. */
  apply(written: readonly Written<Subject>[], facts: Facts, context: RunContext): Promise<ReadonlyMap<Obj, Obj>>;
}
