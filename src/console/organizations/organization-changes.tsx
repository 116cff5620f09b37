import { HttpRefusedError } from '../../http/http-refused.js';
import { addOrganization } from '../../registry/access/administration.js';
import {
  findOrganization,
  hindrances,
  type OrganizationState,
  removalEffects,
  removeOrganization,
  renameOrganization,
  resumeOrganization,
  showOrganization,
  suspendOrganization,
  suspensionEffects,
} from '../../registry/access/organizations.js';
import { checkNewOrgId } from '../../values/org-id.js';
import { organizationPath } from '../paths.js';
import { Effects, nothingTold } from '../planned-change.js';
import type { Plan } from '../planned-routes.js';
import { refused, shown, shownIfKnown, textIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import type { Visitor } from '../visitor.js';
import type { Registry } from './organization.js';

/** What organizations are changed with. */
export interface OrganizationChangesParts extends Registry {
  readonly clock: () => Date;
}

/** The changes that operators make of organizations, by the last part of their paths: as `sppp org` makes them. */
export function organizationPlans(parts: OrganizationChangesParts): Readonly<Record<string, Plan>> {
  const { pool, prisma, clock } = parts;
  const mayChange = (visitor: Visitor) => requireOperator(visitor, 'change', 'Organization');
  const known = (orgId: string) => shownIfKnown(showOrganization(pool, orgId));
  return {
    add: async (query, visitor) => {
      mayChange(visitor);
      const [orgId, name] = [textIn(query, 'id'), textIn(query, 'name')];
      const isThere = (await findOrganization(pool, orgId)) !== undefined;
      const refusal = isThere ? undefined : checkNewOrgId(orgId);
      if (refusal !== undefined) throw refused('id', orgId, refusal.error);
      const lines = [
        'it can be a registrant, and be named in the objects of others',
        'it has no login and no grant yet',
        'its id stays for ever; its name can be changed',
      ];
      return {
        title: `Make the organization ${orgId}`,
        effects: <Effects lines={name === '' ? lines : [`its name is ${name}`, ...lines]} />,
        ...{ button: 'Make it', back: organizationPath(orgId) },
        obstacle: isThere ? 'There is such an organization.' : undefined,
        make: () => addOrganization(prisma, orgId, name).then(nothingTold),
      };
    },
    rename: async (query, visitor) => {
      mayChange(visitor);
      const { orgId, name: before } = shown(await findOrganization(pool, textIn(query, 'id')));
      const name = textIn(query, 'name').trim();
      if (name === '') throw new HttpRefusedError(400, 'name “”: a text for people.');
      return {
        title: `Change the name of ${orgId}`,
        effects: <Effects lines={[`its name is ${before === '' ? 'not set' : before} now`, `it will be ${name}`]} />,
        ...{ button: 'Change it', back: organizationPath(orgId) },
        make: () => renameOrganization(pool, orgId, name).then(nothingTold),
      };
    },
    suspend: async (query, visitor) => {
      mayChange(visitor);
      const state = await known(textIn(query, 'id'));
      return {
        title: `Suspend ${state.orgId}`,
        effects: <Effects lines={suspensionEffects(state)} />,
        obstacle: state.suspendedAt === null ? undefined : 'It is suspended already.',
        ...{ button: 'Suspend it', back: organizationPath(state.orgId) },
        make: () => suspendOrganization(pool, state.orgId, clock()).then(nothingTold),
      };
    },
    resume: async (query, visitor) => {
      mayChange(visitor);
      const state = await known(textIn(query, 'id'));
      return {
        title: `Resume ${state.orgId}`,
        effects: <Effects lines={resumptionEffects(state)} />,
        obstacle: state.suspendedAt === null ? 'It is not suspended.' : undefined,
        ...{ button: 'Resume it', back: organizationPath(state.orgId) },
        make: () => resumeOrganization(pool, state.orgId).then(nothingTold),
      };
    },
    remove: async (query, visitor) => {
      mayChange(visitor);
      const state = await known(textIn(query, 'id'));
      const obstacles = hindrances(state);
      return {
        title: `Remove ${state.orgId}`,
        effects: <Effects lines={removalEffects(state)} />,
        obstacle: obstacles.length === 0 ? undefined : `It cannot be: it still has ${obstacles.join(', ')}.`,
        ...{ button: 'Remove it', back: '/console/organizations' },
        make: () => removeOrganization(pool, state.orgId, clock()).then(nothingTold),
      };
    },
  };
}

function resumptionEffects({ credentials, publicIdentifiers, sedGroups }: OrganizationState): string[] {
  return [
    `its ${credentials} credentials are let in again, unless they have ended`,
    `look-ups and feeds have its ${publicIdentifiers} public identifiers and ${sedGroups} SED groups again`,
    'every cursor of a feed ends: all followers take a new snapshot',
  ];
}
