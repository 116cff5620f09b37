import type { ConsoleSession } from '../../registry/access/console-sessions.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import type { Visitor } from '../visitor.js';

/** The sessions of a visitor's credential, each with a button that ends it. */
export function accountPage(sessions: readonly ConsoleSession[], visitor: Visitor): string {
  return renderPage({
    title: 'My account',
    visitor,
    children: (
      <Table
        caption={`Sessions of ${visitor.username}`}
        head={['Last used', 'Began', 'Ends', 'From', 'Browser', 'End']}
        rows={sessions.map(({ id, seenAt, createdAt, endsAt, address, agent }) => [
          <Time at={seenAt} />,
          <Time at={createdAt} />,
          <Time at={endsAt} />,
          address,
          agent,
          id === visitor.sessionId ? 'this one' : <EndSession id={id} visitor={visitor} />,
        ])}
      />
    ),
  });
}

function EndSession({ id, visitor }: { readonly id: number; readonly visitor: Visitor }) {
  return (
    <form method="post" action="/console/account/end">
      <FormToken visitor={visitor} />
      <input type="hidden" name="session" value={id} />
      <button type="submit">End</button>
    </form>
  );
}
