import type { RequestPage } from '../../registry/journal/journalled-requests.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { requestPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { Live } from './live.js';

interface RequestsPageParts extends RequestPage {
  /** Whether it has the latest ones. */
  readonly isFirst: boolean;
  readonly isLive: boolean;
  readonly visitor: Visitor;
}

/** Requests, the latest first: a registrar's own, for operators those of all. */
export function requestsPage({ requests, next, isFirst, isLive, visitor }: RequestsPageParts): string {
  return renderPage({
    title: 'Requests',
    visitor,
    children: (
      <>
        <ul class="ways">
          <li>
            <a href="/console/running">Requests under way</a>
          </li>
          <li>
            <a href="/console/charts/hour">Charts</a>
          </li>
        </ul>
        {isFirst && <Live path="/console/requests" isLive={isLive} />}
        {requests.length === 0 && <p>There are no requests here.</p>}
        {requests.length > 0 && (
          <Table
            caption="Requests, the latest first"
            head={['Received', 'Request', 'Registrar', 'Operation', 'Objects', 'Failed', 'Code', 'Milliseconds']}
            rows={requests.map(({ receivedAt, answeredAt, serverTransId, registrar, operation, mode, ...rest }) => [
              <Time at={receivedAt} />,
              <a href={requestPath(serverTransId)}>{serverTransId}</a>,
              registrar,
              `${operation ?? 'none that could be read'}, ${mode}`,
              rest.objects,
              rest.failed,
              <span class={rest.code === 1000 ? 'good' : 'bad'}>{rest.code ?? rest.httpStatus}</span>,
              answeredAt && answeredAt.getTime() - receivedAt.getTime(),
            ])}
          />
        )}
        {next !== undefined && (
          <p>
            <a href={`/console/requests?before=${next}`}>Older ones</a>
          </p>
        )}
      </>
    ),
  });
}
