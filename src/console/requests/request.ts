import type { Pool } from 'pg';
import { countFailed, type FailedObject, findFailed } from '../../registry/journal/failed-objects.js';
import {
  countLastWritten,
  type Deleted,
  findDeletionsBy,
  findRequest,
  isServerTransId,
  type JournalRow,
} from '../../registry/journal/journalled-requests.js';
import { maySeeRequest } from '../objects/find.js';
import type { Visitor } from '../visitor.js';

/** Failed objects and deletions on the page of a request. */
const MAX_FAILURES = 100;
const MAX_DELETIONS = 100;

/** What the page of a request shows. */
export interface RequestState {
  readonly request: JournalRow;
  readonly failures: readonly FailedObject[];
  /** Failed objects on record. */
  readonly kept: number;
  readonly deletions: readonly Deleted[];
  /** Objects that it was the last to write, by noun. */
  readonly written: Readonly<Record<string, number>>;
}

/** The journal row of a request by the server's id; undefined if there is none that the visitor may see. */
export async function findShown(pool: Pool, id: string, visitor: Visitor): Promise<JournalRow | undefined> {
  const request = isServerTransId(id) ? await findRequest(pool, id) : undefined;
  return request !== undefined && maySeeRequest(request, visitor) ? request : undefined;
}

/** The same with what became of its objects. */
export async function readRequest(pool: Pool, id: string, visitor: Visitor): Promise<RequestState | undefined> {
  const request = await findShown(pool, id, visitor);
  if (request === undefined) return undefined;
  const [{ failed: failures }, kept, deletions, written] = await Promise.all([
    findFailed(pool, request.id, 0, MAX_FAILURES),
    countFailed(pool, request.id),
    findDeletionsBy(pool, request.id, MAX_DELETIONS),
    countLastWritten(pool, request.id),
  ]);
  return { request, failures, kept, deletions, written };
}
