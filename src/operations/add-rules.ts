import type { Obj } from '../objects/obj.js';
import type { Result } from '../sppp/result.js';
import type { Work } from './work.js';

/** How objects of one noun are added: what must be known, what is then said of each, and what is written. */
export interface AddRules<Subject extends Obj, Facts> {
  is(subject: Obj): subject is Subject;
  /** It waits for the run's turn by itself, where it needs the database, and prepares what it can before. */
  readonly awaitsTurn?: true;
  gather(subjects: readonly Subject[], work: Work): Promise<Facts>;
  judge(subject: Subject, facts: Facts, work: Work): Result | undefined;
  /** The objects as stored, where the client is to be told: a carrier-of-record claim that holds. */
  apply(subjects: readonly Subject[], facts: Facts, work: Work): Promise<ReadonlyMap<Subject, Obj>>;
}
