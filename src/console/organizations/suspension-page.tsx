import { type OrganizationState, suspensionEffects } from '../../registry/access/organizations.js';
import { FormToken, renderPage } from '../markup/page.js';
import { organizationPath, suspensionPath } from '../paths.js';
import type { Visitor } from '../visitor.js';

/** To suspend an organization, and to end that. */
export const suspensionSteps = ['suspend', 'resume'] as const;
export type SuspensionStep = (typeof suspensionSteps)[number];

/** The step that is possible now. */
export function stepOf({ suspendedAt }: Pick<OrganizationState, 'suspendedAt'>): SuspensionStep {
  return suspendedAt === null ? 'suspend' : 'resume';
}

/** What a step does, and the button that does it. */
export function suspensionPage(state: OrganizationState, step: SuspensionStep, visitor: Visitor): string {
  const { orgId } = state;
  const isSuspending = step === 'suspend';
  return renderPage({
    title: `${isSuspending ? 'Suspend' : 'Resume'} ${orgId}?`,
    visitor,
    children: (
      <>
        {step !== stepOf(state) ? (
          <p role="status">{isSuspending ? 'It is suspended already.' : 'It is not suspended.'}</p>
        ) : (
          <>
            <ul>
              {(isSuspending ? suspensionEffects(state) : resumptionEffects(state)).map((each) => (
                <li key={each}>{each}</li>
              ))}
            </ul>
            <form method="post" action={suspensionPath(step, orgId)}>
              <FormToken visitor={visitor} />
              <button type="submit">{isSuspending ? 'Suspend it' : 'Resume it'}</button>
            </form>
          </>
        )}
        <p>
          <a href={organizationPath(orgId)}>Back to the organization</a>
        </p>
      </>
    ),
  });
}

function resumptionEffects({ credentials, publicIdentifiers, sedGroups }: OrganizationState): string[] {
  return [
    `its ${credentials} credentials are let in again, unless they have ended`,
    `look-ups and feeds have its ${publicIdentifiers} public identifiers and ${sedGroups} SED groups again`,
    'every cursor of a feed ends: all followers take a new snapshot',
  ];
}
