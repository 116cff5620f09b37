import type { PublishedEvent } from '../../events/cloud-event.js';
import { eventTypes } from '../../events/event-types.js';
import { isKeyFault, readKey } from '../../forms/key-text.js';
import type { LatestEvents } from '../../registry/events/read-events.js';
import { Choice } from '../markup/choice.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { objectPath, requestPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { EventFilter } from './events.js';

/** All types in words; the empty one stands for all of them. */
const typeNames = {
  '': 'all',
  ...Object.fromEntries(eventTypes.map(({ type, meaning }) => [type, `${type}: ${meaning}`])),
};

/** What was told to a registrar, for operators what was told to anybody; the latest first. */
export function eventsPage({ events, next }: LatestEvents, { type }: EventFilter, visitor: Visitor): string {
  return renderPage({
    title: 'Events',
    visitor,
    children: (
      <>
        <form action="/console/events">
          <Choice name="type" label="Type" words={Object.keys(typeNames)} names={typeNames} value={type ?? ''} />
          <button type="submit">Show</button>
        </form>
        <p>
          <a href="/console/webhooks">Webhooks: where they are sent</a>
        </p>
        {events.length === 0 ? (
          <p>
            {next === undefined ? 'There is no such event.' : 'There is no such event among those looked at so far.'}
          </p>
        ) : (
          <Table
            caption="Events, the latest first"
            head={['Happened', 'Type', 'About', 'For', 'Request', 'Data']}
            rows={events.map((event) => [
              <Time at={event.happenedAt} />,
              event.type,
              <Subject of={event.subject} />,
              event.organization ?? 'operators',
              <Cause of={event} visitor={visitor} />,
              <Fields fields={Object.entries(event.data).map(([name, value]) => [name, textOf(value)])} />,
            ])}
          />
        )}
        {next !== undefined && (
          <p>
            <a href={`/console/events?${new URLSearchParams({ type: type ?? '', before: String(next) })}`}>
              Older ones
            </a>
          </p>
        )}
      </>
    ),
  });
}

/** What an event is about, with a link if that is an object. */
function Subject({ of: subject }: { readonly of: string }) {
  const key = readKey(subject, undefined);
  return isKeyFault(key) ? subject : <a href={objectPath(key)}>{subject}</a>;
}

/** The request that caused an event, with a link for those who may see it: operators, and the registrar that sent it. */
function Cause({ of: { serverTransId, data }, visitor }: { readonly of: PublishedEvent; readonly visitor: Visitor }) {
  if (serverTransId === null) return null;
  const isSeen = visitor.kind === 'operator' || visitor.caller.registrar === data.registrar;
  return isSeen ? <a href={requestPath(serverTransId)}>{serverTransId}</a> : serverTransId;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' || value === null ? value : JSON.stringify(value);
}
