import { organizationPath } from '../paths.js';
import type { Visitor } from '../visitor.js';

/** Whether a visitor may see the page of an organization: operators of all, a registrar of itself and of those it acts for. */
export function maySeeOrganization(visitor: Visitor, orgId: string): boolean {
  return visitor.kind === 'operator' || visitor.caller.registrar === orgId || visitor.caller.grants.has(orgId);
}

/** The id of an organization, which leads to its page if the visitor may see that. */
export function OrganizationLink({ id, visitor }: { readonly id: string; readonly visitor: Visitor }) {
  return maySeeOrganization(visitor, id) ? <a href={organizationPath(id)}>{id}</a> : <span>{id}</span>;
}
