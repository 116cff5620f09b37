import { mayRead } from '../../authority/may.js';
import { mayOperate } from '../../authority/operator-table.js';
import type { RelatedOrganization } from '../../registry/access/organizations.js';
import { AddCertificate, AddCredential, CredentialTable } from '../access/credentials-table.js';
import { ListLinks } from '../lists/list-links.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { grantsPath, organizationChangePath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { OrganizationAccess } from './organization.js';

/** Credentials, and grants, on a page. */
const MAX_ROWS = 200;

/**
 * An organization: what it has, whom it acts for, and with whom it peers; how it logs in and what it may do, for those who may
 * see that; and for operators the ways to change what they may.
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
        {isOperatorWho(visitor, 'Organization') && <Changes state={state} />}
        {access && <Access orgId={state.orgId} access={access} visitor={visitor} />}
      </>
    ),
  });
}

interface AccessParts {
  readonly orgId: string;
  readonly access: OrganizationAccess;
  readonly visitor: Visitor;
}

/** Credentials and grants, and for those who may change them the ways to that. */
function Access({ orgId, access: { credentials, grants }, visitor }: AccessParts) {
  const mayChange = (noun: 'Credential' | 'Grant') => isOperatorWho(visitor, noun);
  const usernames = credentials.filter(({ revokedAt }) => revokedAt === null).map(({ username }) => username);
  return (
    <>
      {credentials.length > 0 && (
        <CredentialTable credentials={credentials.slice(0, MAX_ROWS)} isChangeable={mayChange('Credential')} />
      )}
      {grants.length > 0 && (
        <Table
          caption="Grants: what it may do as a registrar"
          head={['For', 'Objects', 'May', 'Numbers that it may write', 'Together']}
          rows={grants
            .slice(0, MAX_ROWS)
            .map(({ registrant, nouns, verbs, spans }) => [
              registrant,
              nouns?.join(', ') ?? 'all',
              verbs?.join(', ') ?? 'everything',
              spans?.join(', ') ?? 'all',
              <a href={grantsPath(orgId, registrant)}>Table</a>,
            ])}
        />
      )}
      {Math.max(credentials.length, grants.length) > MAX_ROWS && (
        <p class="faint">These are the first {MAX_ROWS}; sppp credential list and sppp grant show print all.</p>
      )}
      {mayChange('Credential') && <AddCredential registrar={orgId} />}
      {mayChange('Credential') && usernames.length > 0 && (
        <AddCertificate usernames={usernames.slice(0, MAX_ROWS)} visitor={visitor} />
      )}
      {mayChange('Grant') && <ChooseRegistrant registrar={orgId} />}
    </>
  );
}

/** Leads to the grants for an organization. */
function ChooseRegistrant({ registrar }: { readonly registrar: string }) {
  return (
    <>
      <h2>Let it act for an organization</h2>
      <form action="/console/grants" class="fields">
        <input type="hidden" name="registrar" value={registrar} />
        <label>
          Organization, such as {registrar}
          <input name="registrant" required autocapitalize="none" autocomplete="off" />
        </label>
        <button type="submit">Show the grants</button>
      </form>
    </>
  );
}

/** The changes of an organization that are possible now. */
function Changes({ state: { orgId, suspendedAt } }: { readonly state: RelatedOrganization }) {
  return (
    <>
      <ul class="ways">
        <li>
          <a href={organizationChangePath(suspendedAt === null ? 'suspend' : 'resume', orgId)}>
            {suspendedAt === null ? 'Suspend it…' : 'Resume it…'}
          </a>
        </li>
        <li>
          <a href={organizationChangePath('remove', orgId)}>Remove it…</a>
        </li>
      </ul>
      <form action="/console/organization/rename" class="fields">
        <input type="hidden" name="id" value={orgId} />
        <label>
          Another name, for people
          <input name="name" required autocomplete="off" />
        </label>
        <button type="submit">Change the name…</button>
      </form>
    </>
  );
}

function isOperatorWho(visitor: Visitor, noun: 'Organization' | 'Credential' | 'Grant'): boolean {
  return visitor.kind === 'operator' && mayOperate(visitor.operator.role, 'change', noun);
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
