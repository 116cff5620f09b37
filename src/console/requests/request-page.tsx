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
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
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

/** A request by the server's id; undefined if there is none that the visitor may see. */
export async function readRequest(pool: Pool, id: string, visitor: Visitor): Promise<RequestState | undefined> {
  const request = isServerTransId(id) ? await findRequest(pool, id) : undefined;
  if (request === undefined || !maySeeRequest(request, visitor)) return undefined;
  const [{ failed: failures }, kept, deletions, written] = await Promise.all([
    findFailed(pool, request.id, 0, MAX_FAILURES),
    countFailed(pool, request.id),
    findDeletionsBy(pool, request.id, MAX_DELETIONS),
    countLastWritten(pool, request.id),
  ]);
  return { request, failures, kept, deletions, written };
}

/** What became of a request: its answer, its objects that failed with their reasons, and what it changed. */
export function requestPage({ request, failures, kept, deletions, written }: RequestState, visitor: Visitor): string {
  const { objects, failed, codes, committed, answeredAt, receivedAt } = request;
  const counts = Object.entries(codes ?? {}).map(([code, count]) => `${count} × ${code}`);
  return renderPage({
    title: `Request ${request.serverTransId}`,
    visitor,
    children: (
      <>
        <Fields
          fields={[
            ['Answer', <Answer request={request} />],
            ['Objects', `${objects}, ${failed} failed${counts.length === 0 ? '' : `: ${counts.join(', ')}`}`],
            ['Committed', committed ? 'yes' : 'no'],
            ['Received', <Time at={receivedAt} />],
            ['Answered', answeredAt && `${answeredAt.getTime() - receivedAt.getTime()} ms later`],
            ['Operation', `${request.operation ?? 'none that could be read'}, ${request.mode}`],
            ['Registrar', request.registrar && <OrganizationLink id={request.registrar} visitor={visitor} />],
            ['User', request.username],
            ['Client transaction', request.clientTransId],
            ['From', [request.remoteAddress, request.userAgent].filter((each) => each !== null).join(' ')],
            ['Certificate', request.certificate],
            [
              'Last writer of',
              Object.entries(written)
                .map(([noun, count]) => `${count} ${noun}`)
                .join(', '),
            ],
          ]}
        />
        {failures.length > 0 && (
          <Table
            caption="Failed objects"
            head={['Object', 'What', 'Registrant', 'Code', 'AttrName', 'AttrVal', 'Reason']}
            rows={failures.map(
              ({ index, verb, noun, identifier, registrant, code, attrName, attrVal, isCut, reason }) => [
                index,
                `${verb} ${noun} ${identifier ?? ''}`,
                registrant,
                code,
                attrName,
                `${attrVal}${isCut ? '…' : ''}`,
                reason,
              ],
            )}
          />
        )}
        {kept > failures.length && <p class="faint">{kept - failures.length} more failed objects are on record.</p>}
        {deletions.length > 0 && (
          <Table
            caption="Deleted"
            head={['Kind', 'Key', 'Registrant', 'Offers gone', 'References gone']}
            rows={deletions.map(({ noun, key, registrant, offersGone, referencesGone }) => [
              noun,
              key,
              registrant,
              offersGone,
              referencesGone,
            ])}
          />
        )}
      </>
    ),
  });
}

function Answer({ request: { code, httpStatus, message } }: { readonly request: JournalRow }) {
  const what = code ?? (httpStatus === null ? 'none' : `HTTP ${httpStatus}`);
  return (
    <span class={code === 1000 ? 'good' : 'bad'}>
      {what} {message}
    </span>
  );
}
