import type { Delivery } from '../../registry/webhooks/deliveries.js';
import type { Webhook } from '../../registry/webhooks/webhooks.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { webhookPath } from '../paths.js';
import type { Visitor } from '../visitor.js';

/** Where events are sent. */
export function webhooksPage(webhooks: readonly Webhook[], visitor: Visitor): string {
  return renderPage({
    title: 'Webhooks',
    visitor,
    children: (
      <>
        {webhooks.length === 0 ? (
          <p>There is no webhook.</p>
        ) : (
          <Table
            caption="Webhooks, in the order in which they were made"
            head={['Number', 'Of', 'URL', 'Types', 'State']}
            rows={webhooks.map((webhook) => [
              <a href={webhookPath(webhook.id)}>{webhook.id}</a>,
              <Owner of={webhook} visitor={visitor} />,
              webhook.url,
              typesOf(webhook),
              stateOf(webhook),
            ])}
          />
        )}
        <p class="faint">
          Webhooks are made and changed by sppp webhook, and over HTTP at{' '}
          {visitor.kind === 'operator' ? '/operator/webhooks' : '/webhooks'}.
        </p>
      </>
    ),
  });
}

interface WebhookState {
  readonly webhook: Webhook;
  /** The newest first. */
  readonly deliveries: readonly Delivery[];
  /** The event before which older ones are; undefined: there are none. */
  readonly next: number | undefined;
}

/** A webhook with its deliveries. */
export function webhookPage({ webhook, deliveries, next }: WebhookState, visitor: Visitor): string {
  const { id, formerSecretUntil, failingSince, disabledAt } = webhook;
  return renderPage({
    title: `Webhook ${id}`,
    visitor,
    children: (
      <>
        <Fields
          fields={[
            ['URL', webhook.url],
            ['Of', <Owner of={webhook} visitor={visitor} />],
            ['Types', typesOf(webhook)],
            ['State', stateOf(webhook)],
            ['Made', <Time at={webhook.createdAt} />],
            ['The former secret signs, too, until', formerSecretUntil && <Time at={formerSecretUntil} />],
            ['Every attempt has failed since', failingSince && <Time at={failingSince} />],
            ['Disabled', disabledAt && <Time at={disabledAt} />],
            ['Because', webhook.disabledBecause],
          ]}
        />
        {deliveries.length === 0 ? (
          <p>Nothing was delivered{next === undefined ? '' : ' before that'}.</p>
        ) : (
          <Table
            caption="Deliveries, the newest first"
            head={['Event', 'Type', 'State', 'Attempts', 'Last attempt', 'Next attempt', 'HTTP', 'Took', 'Answer']}
            rows={deliveries.map((each) => [
              ...[each.event, each.type, each.state, each.attempts],
              each.attemptedAt && <Time at={each.attemptedAt} />,
              each.dueAt && <Time at={each.dueAt} />,
              each.httpStatus,
              each.milliseconds === null ? null : `${each.milliseconds} ms`,
              each.failure ?? each.answer,
            ])}
          />
        )}
        {next !== undefined && (
          <p>
            <a href={webhookPath(id, next)}>Older ones</a>
          </p>
        )}
      </>
    ),
  });
}

function Owner({ of: { organization }, visitor }: { readonly of: Webhook; readonly visitor: Visitor }) {
  return organization === null ? 'operators' : <OrganizationLink id={organization} visitor={visitor} />;
}

function typesOf({ types }: Webhook): string {
  return types?.join(', ') ?? 'all';
}

function stateOf({ disabledAt, failingSince }: Webhook): string {
  return disabledAt !== null ? 'disabled' : failingSince !== null ? 'failing' : 'in order';
}
