import type { Delivery } from '../../registry/webhooks/deliveries.js';
import type { Webhook } from '../../registry/webhooks/webhooks.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { redeliveryPath, webhookChangePath, webhookPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { mayChangeWebhooks } from './webhook-changes.js';

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
        {mayChangeWebhooks(visitor) && <AddWebhook visitor={visitor} />}
      </>
    ),
  });
}

function AddWebhook({ visitor }: { readonly visitor: Visitor }) {
  return (
    <>
      <h2>{visitor.kind === 'operator' ? 'Make a webhook for operators' : 'Make a webhook'}</h2>
      <form method="post" action="/console/webhooks" class="fields">
        <FormToken visitor={visitor} />
        <label>
          URL, with https
          <input name="url" type="url" required />
        </label>
        <label>
          Types of events, such as sppp.offer.*; none for all
          <input name="types" />
        </label>
        <button type="submit">Make it</button>
      </form>
    </>
  );
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
  const isChangeable = isOwn(webhook, visitor) && mayChangeWebhooks(visitor);
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
        {isChangeable && <Changes of={webhook} visitor={visitor} />}
        {deliveries.length === 0 ? (
          <p>Nothing was delivered{next === undefined ? '' : ' before that'}.</p>
        ) : (
          <Table
            caption="Deliveries, the newest first"
            head={isChangeable ? [...deliveryHead, 'Again'] : deliveryHead}
            rows={deliveries.map((each) => [
              ...[each.event, each.type, each.state, each.attempts],
              each.attemptedAt && <Time at={each.attemptedAt} />,
              each.dueAt && <Time at={each.dueAt} />,
              each.httpStatus,
              each.milliseconds === null ? null : `${each.milliseconds} ms`,
              each.failure ?? each.answer,
              ...(isChangeable
                ? [<Button name="Send again" to={redeliveryPath(id, each.event)} visitor={visitor} />]
                : []),
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

const deliveryHead = [
  ...['Event', 'Type', 'State', 'Attempts', 'Last attempt', 'Next attempt', 'HTTP', 'Took', 'Answer'],
];

/** A webhook of the visitor's own organization; operators have those of nobody. */
function isOwn({ organization }: Webhook, visitor: Visitor): boolean {
  return organization === (visitor.kind === 'operator' ? null : visitor.caller.registrar);
}

/** What may be done with a webhook of one's own. */
function Changes({ of: { id, disabledAt }, visitor }: { readonly of: Webhook; readonly visitor: Visitor }) {
  return (
    <ul class="ways">
      <li>
        {disabledAt === null ? (
          <Button name="Send a test event" to={webhookChangePath('test', id)} visitor={visitor} />
        ) : (
          <Button name="Send to it again" to={webhookChangePath('enable', id)} visitor={visitor} />
        )}
      </li>
      <li>
        <a href={webhookChangePath('rotate', id)}>New secret…</a>
      </li>
      <li>
        <a href={webhookChangePath('remove', id)}>Remove it…</a>
      </li>
    </ul>
  );
}

interface ButtonParts {
  readonly name: string;
  /** Where it is sent. */
  readonly to: string;
  readonly visitor: Visitor;
}

function Button({ name, to, visitor }: ButtonParts) {
  return (
    <form method="post" action={to}>
      <FormToken visitor={visitor} />
      <button type="submit">{name}</button>
    </form>
  );
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
