import { mayRead } from '../../authority/may.js';
import { mayOperate } from '../../authority/operator-table.js';
import type { RelatedOrganization } from '../../registry/access/organizations.js';
import { ListLinks } from '../lists/list-links.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { suspensionPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { OrganizationAccess } from './organization.js';
import { stepOf } from './suspension-page.js';

/** Credentials, and grants, on a page. */
const MAX_ROWS = 200;

/**
 * An organization: what it has, whom it acts for, and with whom it peers; how it logs in and what it may do, for those who may
 * see that; and for operators who may suspend it the way there.
 */
export function organizationPage(
  state: RelatedOrganization,
  access: OrganizationAccess | undefined,
  visitor: Visitor,
): string {
  const seesGroups = visitor.kind === 'operator' || mayRead(visitor.caller, 'SedGrp', state.orgId) === undefined;
  return renderPage({
    title: `Organization ${state.orgId}`,
    visitor,
    children: (
      <>
        {state.suspendedAt !== null && (
          <p class="bad" role="status">
            Suspended since <Time at={state.suspendedAt} />: its logins are refused, and its numbers and SED groups are
            left out of answers.
          </p>
        )}
        <Fields
          fields={[
            ['Name', state.name],
            ['Made', <Time at={state.createdAt} />],
            ['User names', access ? state.usernames.join(', ') : undefined],
            ['Acts for', access ? <Organizations ids={state.actsFor} visitor={visitor} /> : undefined],
            ['Acted for by', access ? <Organizations ids={state.actedForBy} visitor={visitor} /> : undefined],
            ['Peers of its groups', seesGroups ? <Organizations ids={state.peers} visitor={visitor} /> : undefined],
            ['Its objects', <ListLinks visitor={visitor} rant={state.orgId} />],
          ]}
        />
        {visitor.kind === 'operator' && mayOperate(visitor.operator.role, 'change', 'Organization') && (
          <p>
            <a href={suspensionPath(stepOf(state), state.orgId)}>
              {stepOf(state) === 'suspend' ? 'Suspend it…' : 'Resume it…'}
            </a>
          </p>
        )}
        {access && <Access access={access} />}
      </>
    ),
  });
}

/** Credentials without secrets, and grants: a line each. */
function Access({ access: { credentials, grants } }: { readonly access: OrganizationAccess }) {
  return (
    <>
      {credentials.length > 0 && (
        <Table
          caption="Credentials"
          head={['User name', 'Label', 'Valid until', 'Revoked', 'Let in']}
          rows={credentials
            .slice(0, MAX_ROWS)
            .map(({ username, label, validUntil, revokedAt, isLetIn }) => [
              username,
              label,
              validUntil,
              revokedAt,
              isLetIn ? 'yes' : 'no',
            ])}
        />
      )}
      {grants.length > 0 && (
        <Table
          caption="Grants: what it may do as a registrar"
          head={['For', 'Objects', 'May', 'Numbers that it may write']}
          rows={grants
            .slice(0, MAX_ROWS)
            .map(({ registrant, nouns, verbs, spans }) => [
              registrant,
              nouns?.join(', ') ?? 'all',
              verbs?.join(', ') ?? 'everything',
              spans?.join(', ') ?? 'all',
            ])}
        />
      )}
      {Math.max(credentials.length, grants.length) > MAX_ROWS && (
        <p class="faint">These are the first {MAX_ROWS}; sppp credential list and sppp grant show print all.</p>
      )}
    </>
  );
}

/** Ids of organizations, with links to those whose pages the visitor may see. */
function Organizations({ ids, visitor }: { readonly ids: readonly string[]; readonly visitor: Visitor }) {
  return (
    <>
      {ids.length === 0 && 'none'}
      {ids.map((id, index) => (
        <span key={id}>
          {index > 0 && ', '}
          <OrganizationLink id={id} visitor={visitor} />
        </span>
      ))}
    </>
  );
}
