import type { Agreement } from '../../registry/access/agreements.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { agreementsPath } from '../paths.js';
import type { Visitor } from '../visitor.js';

interface AgreementsState {
  readonly agreements: readonly Agreement[];
  /** The agreement behind which more are; undefined: there are none. */
  readonly next: number | undefined;
  /** Whether withdrawn ones are among them. */
  readonly withWithdrawn: boolean;
}

/** Standing agreements: whose offers are accepted as soon as they are made. */
export function agreementsPage({ agreements, next, withWithdrawn }: AgreementsState, visitor: Visitor): string {
  return renderPage({
    title: 'Agreements',
    visitor,
    children: (
      <>
        <p>
          <a href={agreementsPath(!withWithdrawn)}>
            {withWithdrawn ? 'Only those in force' : 'Those that were withdrawn, too'}
          </a>
        </p>
        {agreements.length === 0 ? (
          <p>There is no agreement.</p>
        ) : (
          <Table
            caption="Agreements, in the order in which they were made"
            head={['Number', 'Offers of', 'Are accepted by', 'Groups', 'Made', 'By', 'Withdrawn', 'Withdrawn by']}
            rows={agreements.map((each) => [
              each.id,
              <OrganizationLink id={each.offeredBy} visitor={visitor} />,
              <OrganizationLink id={each.offeredTo} visitor={visitor} />,
              each.pattern ?? 'all',
              <Time at={each.createdAt} />,
              each.createdBy,
              each.withdrawnAt && <Time at={each.withdrawnAt} />,
              each.withdrawnBy,
            ])}
          />
        )}
        {next !== undefined && (
          <p>
            <a href={agreementsPath(withWithdrawn, next)}>More</a>
          </p>
        )}
        <p class="faint">
          Agreements are made and withdrawn{' '}
          {visitor.kind === 'operator' ? 'by sppp agreement' : 'over HTTP at /agreements'}.
        </p>
      </>
    ),
  });
}
