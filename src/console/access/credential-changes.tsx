import { secretsOf } from '../../http/ha1.js';
import { randomPassword } from '../../http/random-password.js';
import {
  addCredential,
  findCredential,
  type ListedCredential,
  listCredentials,
  organizationId,
  refuseUsername,
  revokeCredential,
} from '../../registry/access/administration.js';
import { endFormerPassword, rotatePassword } from '../../registry/access/password-rotation.js';
import type { PrismaClient } from '../../registry/prisma-client/client.js';
import { ChooseOverlap } from '../login/choose-overlap.js';
import { overlapEnd, overlapNames, overlapWords } from '../login/overlaps.js';
import { organizationPath } from '../paths.js';
import { Effects, nothingTold, type ToldOnce } from '../planned-change.js';
import type { Plan } from '../planned-routes.js';
import { choiceIn, endIn, shown, shownIfKnown, textIn } from '../query.js';
import { requireOperator } from '../require-operator.js';
import type { Visitor } from '../visitor.js';

/** What credentials are changed with. */
export interface CredentialChangesParts {
  readonly prisma: PrismaClient;
  readonly clock: () => Date;
}

/** Refuses who may not change credentials. */
export const requireCredentials = (visitor: Visitor) => requireOperator(visitor, 'change', 'Credential');

/** A registrar's credential by its user name; an operator's is not there. */
export async function registrarsCredential(prisma: PrismaClient, username: string): Promise<ListedCredential> {
  const { registrar } = shown(await findCredential(prisma, username));
  const all = await shownIfKnown(listCredentials(prisma, shown(registrar)));
  return shown(all.find((each) => each.username === username));
}

/** The changes that operators make of registrars' credentials, by the last part of their paths: as `sppp credential` makes them. */
export function credentialPlans({ prisma, clock }: CredentialChangesParts): Readonly<Record<string, Plan>> {
  return {
    add: async (query, visitor) => {
      requireCredentials(visitor);
      const registrar = textIn(query, 'registrar');
      const username = textIn(query, 'username').normalize('NFC');
      const label = textIn(query, 'label');
      const validUntil = endIn(query, 'until', clock()) ?? null;
      await shownIfKnown(organizationId(prisma, registrar));
      const known = await findCredential(prisma, username);
      if (known === undefined) refuseUsername(username);
      const isRevoked =
        known?.registrar === registrar && (await registrarsCredential(prisma, username)).revokedAt !== null;
      const lines = [
        `${username} logs in as the registrar ${registrar}: over SOAP and HTTP, and to the console`,
        validUntil === null ? 'it has no end' : `it ends ${validUntil.toISOString()}`,
        'the server makes a password, and shows it on the next page, this once',
        ...(isRevoked ? ['it was revoked, and is let in again'] : []),
      ];
      return {
        title: `Give ${registrar} the credential ${username}`,
        effects: <Effects lines={label === '' ? lines : [...lines, `its label is ${label}`]} />,
        obstacle:
          known === undefined || isRevoked
            ? undefined
            : known.registrar === registrar
              ? 'There is such a credential; give it a new password instead.'
              : 'Somebody else has this user name.',
        ...{ button: 'Make it', back: organizationPath(registrar) },
        make: async () => {
          const password = randomPassword();
          await addCredential(prisma, { registrar, username, label, validUntil, ...secretsOf(username, password) });
          return passwordOf(username, password);
        },
      };
    },
    rotate: async (query, visitor) => {
      requireCredentials(visitor);
      const { registrar, username, ...credential } = await registrarsCredential(prisma, textIn(query, 'username'));
      const overlap = choiceIn(query, 'overlap', overlapWords) ?? 'week';
      const at = clock();
      const formerValidUntil = overlapEnd(overlap, at) ?? at;
      return {
        title: `Give ${username} a new password`,
        effects: (
          <>
            <ChooseOverlap
              at="/console/credential/rotate"
              of={{ name: 'username', value: username }}
              label="The present password ends"
              value={overlap}
            />
            <Effects
              lines={[
                `the present password ends ${overlapNames[overlap]}: ${formerValidUntil.toISOString()}`,
                'the sessions that began with it end then, too',
                'the server makes a password, and shows it on the next page, this once',
              ]}
            />
          </>
        ),
        obstacle: rotationObstacle(credential, at),
        ...{ button: 'Make it', back: organizationPath(registrar) },
        make: async () => {
          const password = randomPassword();
          await rotatePassword(prisma, username, { ...secretsOf(username, password), formerValidUntil }, at);
          return passwordOf(username, password);
        },
      };
    },
    'end-former': async (query, visitor) => {
      requireCredentials(visitor);
      const credential = await registrarsCredential(prisma, textIn(query, 'username'));
      const { registrar, username } = credential;
      return {
        title: `End the former password of ${username}`,
        effects: <Effects lines={['logins with it are refused from now on', 'the sessions that began with it end']} />,
        obstacle: hasTwoPasswords(credential, clock()) ? undefined : 'It has one password.',
        ...{ button: 'End it', back: organizationPath(registrar) },
        make: () => endFormerPassword(prisma, username).then(nothingTold),
      };
    },
    revoke: async (query, visitor) => {
      requireCredentials(visitor);
      const credential = await registrarsCredential(prisma, textIn(query, 'username'));
      const { registrar, username, revokedAt, certificates } = credential;
      return {
        title: `Revoke ${username}`,
        effects: (
          <Effects
            lines={[
              `its password and its ${certificates.length} certificates are refused from now on`,
              'its sessions end',
              'what it has done stays on record',
              'a credential with the same user name can be made again',
            ]}
          />
        ),
        obstacle: revokedAt === null ? undefined : 'It is revoked already.',
        ...{ button: 'Revoke it', back: organizationPath(registrar) },
        make: () => revokeCredential(prisma, username, clock()).then(nothingTold),
      };
    },
  };
}

/** Whether the former password of a credential is still valid. */
export function hasTwoPasswords({ formerValidUntil }: Pick<ListedCredential, 'formerValidUntil'>, at: Date): boolean {
  return formerValidUntil !== null && at < new Date(formerValidUntil);
}

function rotationObstacle(
  credential: Pick<ListedCredential, 'revokedAt' | 'formerValidUntil'>,
  at: Date,
): string | undefined {
  if (credential.revokedAt !== null) return 'It is revoked; give its registrar the credential again.';
  if (!hasTwoPasswords(credential, at)) return undefined;
  return `It has two passwords until ${credential.formerValidUntil}; wait, or end the former one first.`;
}

function passwordOf(username: string, secret: string): ToldOnce {
  return { name: `Password of ${username}`, secret };
}
