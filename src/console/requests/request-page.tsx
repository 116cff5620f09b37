import type { JournalRow } from '../../registry/journal/journalled-requests.js';
import { codeText } from '../../sppp/result.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { failuresPath, keptPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { RequestState } from './request.js';

/** What became of a request: its answer, its objects that failed with their reasons, and what it changed. */
export function requestPage({ request, failures, kept, deletions, written }: RequestState, visitor: Visitor): string {
  const { serverTransId, objects, failed, committed, answeredAt, receivedAt, keptBytes } = request;
  return renderPage({
    title: `Request ${serverTransId}`,
    visitor,
    children: (
      <>
        <Fields
          fields={[
            ['Answer', <Answer request={request} />],
            ['Objects', `${objects}, ${failed} failed`],
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
              'As it was sent',
              keptBytes === null ? (
                'not archived'
              ) : (
                <a href={keptPath(serverTransId)} download>
                  Download it
                </a>
              ),
            ],
            [
              'Last writer of',
              Object.entries(written)
                .map(([noun, count]) => `${count} ${noun}`)
                .join(', '),
            ],
          ]}
        />
        <Verdicts request={request} />
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
        {kept > 0 && (
          <p>
            {kept > failures.length && `${kept - failures.length} more failed objects are on record. `}
            {failed > kept && `${failed - kept} more have failed and are not on record. `}
            <a href={failuresPath(serverTransId)} download>
              All of them as CSV
            </a>
          </p>
        )}
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

/** How many objects were told what. */
function Verdicts({ request: { objects, failed, codes, committed, mode } }: { readonly request: JournalRow }) {
  const counts = Object.entries(codes ?? {});
  if (counts.length === 0) return null;
  const others = committed ? 'carried out' : mode === 'validate' ? 'would be carried out' : 'undone with the others';
  const rows = counts.map(([code, count]) => [code, codeText(Number(code)), count]);
  return (
    <Table
      caption="Verdicts"
      head={['Code', 'Verdict', 'Objects']}
      rows={objects > failed ? [...rows, ['none', others, objects - failed]] : rows}
    />
  );
}

function Answer({ request: { code, httpStatus, message } }: { readonly request: JournalRow }) {
  const what = code ?? (httpStatus === null ? 'none' : `HTTP ${httpStatus}`);
  return (
    <span class={code === 1000 ? 'good' : 'bad'}>
      {what} {message}
    </span>
  );
}
