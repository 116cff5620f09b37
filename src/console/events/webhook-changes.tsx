import type { Pool } from 'pg';
import { mayOperate } from '../../authority/operator-table.js';
import { findWebhook, removeWebhook, rotateSecret, type Webhook } from '../../registry/webhooks/webhooks.js';
import { newSecret, secretText } from '../../webhooks/signature.js';
import { ChooseOverlap } from '../login/choose-overlap.js';
import { overlapOf, overlapWords } from '../login/overlaps.js';
import { webhookPath } from '../paths.js';
import { Effects, nothingTold, type ToldOnce } from '../planned-change.js';
import type { Plan } from '../planned-routes.js';
import { choiceIn, idIn, shown } from '../query.js';
import { requireOperator } from '../require-operator.js';
import type { Visitor } from '../visitor.js';

/** Whether somebody may change webhooks: registrars their own, operators by their role those of operators. */
export function mayChangeWebhooks(visitor: Visitor): boolean {
  return visitor.kind === 'registrar' || mayOperate(visitor.operator.role, 'change', 'Webhook');
}

/** Whose webhooks a visitor changes: a registrar its own, operators those of operators. Refuses a role that may not. */
export function ownerToChange(visitor: Visitor): number | null {
  if (visitor.kind === 'registrar') return visitor.caller.registrarId;
  requireOperator(visitor, 'change', 'Webhook');
  return null;
}

/** A new secret of a webhook, as its owner gets it. */
export function secretOf({ id }: Webhook, secret: Buffer): ToldOnce {
  return { name: `Secret of webhook ${id}`, secret: secretText(secret) };
}

/** The changes of webhooks that a page shows first, by the last part of their paths. */
export function webhookPlans(pool: Pool): Readonly<Record<string, Plan>> {
  return {
    rotate: async (query, visitor) => {
      const owner = ownerToChange(visitor);
      const { id, formerSecretUntil: until } = shown(await findWebhook(pool, owner, idIn(query, 'id')));
      const word = choiceIn(query, 'overlap', overlapWords) ?? 'day';
      const hours = overlapOf(word)?.hours ?? 0;
      return {
        title: `Give webhook ${id} a new secret`,
        effects: (
          <>
            <ChooseOverlap
              at="/console/webhook/rotate"
              of={{ name: 'id', value: id }}
              label="The present secret ends"
              value={word}
            />
            <Effects
              lines={[
                hours === 0
                  ? 'all former secrets end at once'
                  : `messages are signed with both secrets for ${hours} hours`,
                'the server makes a secret, and shows it on the next page, this once',
              ]}
            />
          </>
        ),
        obstacle:
          until === null || hours === 0
            ? undefined
            : `It has two secrets until ${until.toISOString()}; wait, or choose “at once”, which ends both.`,
        ...{ button: 'Make it', back: webhookPath(id) },
        make: async () => {
          const secret = newSecret();
          return secretOf(shown(await rotateSecret(pool, owner, id, secret, hours)), secret);
        },
      };
    },
    remove: async (query, visitor) => {
      const owner = ownerToChange(visitor);
      const { id, url } = shown(await findWebhook(pool, owner, idIn(query, 'id')));
      return {
        title: `Remove webhook ${id}`,
        effects: <Effects lines={[`nothing is sent to ${url} any more`, 'the record of its deliveries is deleted']} />,
        ...{ button: 'Remove it', back: '/console/webhooks' },
        make: () => removeWebhook(pool, owner, id).then(nothingTold),
      };
    },
  };
}
