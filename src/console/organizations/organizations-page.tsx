import type { ListedOrganization } from '../../registry/access/organizations.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { organizationPath } from '../paths.js';
import type { Visitor } from '../visitor.js';

/** Some organizations, and whether there are more. */
export interface OrganizationList {
  readonly organizations: readonly ListedOrganization[];
  readonly hasMore: boolean;
}

/** All organizations by their ids, for operators. */
export function organizationsPage({ organizations, hasMore }: OrganizationList, visitor: Visitor): string {
  const last = organizations.at(-1)?.orgId ?? '';
  return renderPage({
    title: 'Organizations',
    visitor,
    children: (
      <>
        {organizations.length === 0 ? (
          <p>There are no organizations here.</p>
        ) : (
          <Table
            caption="Organizations by their ids"
            head={['Organization', 'Name', 'Suspended since', 'Credentials', 'Acts for']}
            rows={organizations.map(({ orgId, name, suspendedAt, credentials, registrants }) => [
              <a href={organizationPath(orgId)}>{orgId}</a>,
              name,
              suspendedAt && <Time at={suspendedAt} />,
              credentials,
              registrants,
            ])}
          />
        )}
        {hasMore && (
          <p>
            <a href={`/console/organizations?${new URLSearchParams({ after: last })}`}>The next ones</a>
          </p>
        )}
      </>
    ),
  });
}
