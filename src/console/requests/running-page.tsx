import type { ToldRequest } from '../../registry/journal/requests-under-way.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import type { Visitor } from '../visitor.js';
import { Live } from './live.js';

interface RunningPageParts {
  readonly requests: readonly ToldRequest[];
  readonly isLive: boolean;
  readonly visitor: Visitor;
}

/** Requests that are under way: a registrar's own, for operators those of all. */
export function runningPage({ requests, isLive, visitor }: RunningPageParts): string {
  return renderPage({
    title: 'Requests under way',
    visitor,
    children: (
      <>
        <Live path="/console/running" isLive={isLive} />
        {requests.length === 0 ? (
          <p role="status">No request has been under way for more than two seconds.</p>
        ) : (
          <Table
            caption="Requests under way, the oldest first"
            head={[
              'Received',
              'Transaction',
              'Registrar',
              'Operation',
              'Objects so far',
              'Objects per second',
              'Seconds',
            ]}
            rows={requests.map(({ serverTransId, registrar, operation, mode, objects, receivedAt, milliseconds }) => [
              <Time at={receivedAt} />,
              serverTransId,
              <OrganizationLink id={registrar} visitor={visitor} />,
              `${operation ?? 'not read yet'}, ${mode}`,
              objects.toLocaleString('en'),
              Math.round((objects * 1000) / milliseconds).toLocaleString('en'),
              Math.round(milliseconds / 1000),
            ])}
          />
        )}
        <p>
          A request that has ended is among the <a href="/console/requests">latest requests</a>.
        </p>
      </>
    ),
  });
}
