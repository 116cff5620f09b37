import type { Noun } from '../../model/noun.js';

/** An event as far as it decides who gets it. */
export interface EventHead {
  readonly position: number;
  readonly type: string;
  /** Row id of the organization that it is for; null: operators. */
  readonly organizationId: number | null;
  /** The kind of object that it is about; null: the organization itself. */
  readonly noun: Noun | null;
}

/** What a registrar may hear of: its own affairs, and objects of a noun for some organizations (row ids). */
export interface EventReach {
  readonly registrarId: number;
  readonly organizations: ReadonlyMap<Noun, ReadonlySet<number>>;
}

/** Which events a reader gets. */
export interface EventSelection {
  /** Undefined: of all types. */
  readonly types: ReadonlySet<string> | undefined;
  /** Row id of the one organization that they are for; undefined: of all. */
  readonly organizationId?: number | undefined;
  /** Undefined: all that there are, for operators. */
  readonly reach: EventReach | undefined;
}

/** Whether a reader gets an event; the statement of `read-events` says the same. */
export function isSelected({ types, organizationId, reach }: EventSelection, head: EventHead): boolean {
  if (types?.has(head.type) === false) return false;
  if (organizationId !== undefined && head.organizationId !== organizationId) return false;
  if (reach === undefined) return true;
  if (head.organizationId === null) return false;
  if (head.noun === null) return head.organizationId === reach.registrarId;
  return reach.organizations.get(head.noun)?.has(head.organizationId) ?? false;
}
