import { mayOperate } from '../../authority/operator-table.js';
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
        {visitor.kind === 'operator' && mayOperate(visitor.operator.role, 'change', 'Organization') && (
          <AddOrganization />
        )}
      </>
    ),
  });
}

function AddOrganization() {
  return (
    <>
      <h2>Make an organization</h2>
      <form action="/console/organization/add" class="fields">
        <label>
          Id, such as iana-en:32473
          <input name="id" required autocapitalize="none" autocomplete="off" />
        </label>
        <label>
          Name, for people
          <input name="name" autocomplete="off" />
        </label>
        <button type="submit">Make it…</button>
      </form>
    </>
  );
}
