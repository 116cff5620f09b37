import type { Pool } from 'pg';
import { OperatorError } from '../operator-error.js';
import { type OrganizationState, showOrganization } from '../registry/access/organizations.js';
import { renderPage } from './page.js';
import { organizationPath } from './paths.js';
import { Fields } from './table.js';
import { Time } from './time.js';
import type { Visitor } from './visitor.js';

/**
 * An organization; undefined if there is none that the visitor may see: operators all, a registrar itself and those that it
 * acts for.
 */
export async function readOrganization(
  pool: Pool,
  orgId: string,
  visitor: Visitor,
): Promise<OrganizationState | undefined> {
  if (visitor.kind === 'registrar') {
    const { registrar, grants } = visitor.caller;
    if (registrar !== orgId && !grants.has(orgId)) return undefined;
  }
  try {
    return await showOrganization(pool, orgId);
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

/** An organization: what it has, whom it acts for, and with whom it peers. */
export function organizationPage(state: OrganizationState, visitor: Visitor): string {
  const isOwn = visitor.kind === 'operator' || visitor.caller.registrar === state.orgId;
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
            ['User names', isOwn ? state.usernames.join(', ') : undefined],
            ['Acts for', isOwn ? <Organizations ids={state.actsFor} visitor={visitor} /> : undefined],
            ['Acted for by', <Organizations ids={state.actedForBy} visitor={visitor} />],
            ['Peers', <Organizations ids={state.peers} visitor={visitor} />],
            ['Numbers and URIs', state.publicIdentifiers],
            ['Destination groups', state.destinationGroups],
            ['SED groups', state.sedGroups],
            ['SED records', state.sedRecords],
            ['Egress routes', state.egressRoutes],
            ['Offers received', state.offersReceived],
          ]}
        />
      </>
    ),
  });
}

/** Ids of organizations, with links to those whose pages the visitor may see. */
function Organizations({ ids, visitor }: { readonly ids: readonly string[]; readonly visitor: Visitor }) {
  const isLinked = (id: string) =>
    visitor.kind === 'operator' || visitor.caller.registrar === id || visitor.caller.grants.has(id);
  return (
    <>
      {ids.length === 0 && 'none'}
      {ids.map((id, index) => (
        <span key={id}>
          {index > 0 && ', '}
          {isLinked(id) ? <a href={organizationPath(id)}>{id}</a> : id}
        </span>
      ))}
    </>
  );
}
