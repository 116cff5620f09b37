import type { ConsoleSession } from '../../registry/access/console-sessions.js';
import { Choice } from '../markup/choice.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import type { Visitor } from '../visitor.js';
import type { RefusedLogin } from './login.js';
import { overlapNames, overlapWords } from './overlaps.js';

/** Why a form of the page is refused. */
export interface AccountFault {
  readonly status: RefusedLogin['status'] | 409;
  /** A sentence for people. */
  readonly fault: string;
}

interface AccountState {
  readonly sessions: readonly ConsoleSession[];
  /** Until when the former password is valid, too; undefined: there is one password. */
  readonly formerUntil: Date | undefined;
  /** What has just been done. */
  readonly done: 'password' | 'former' | undefined;
  /** Why it was not. */
  readonly refused: AccountFault | undefined;
}

/** One's own credential: its password, or both of them, and its sessions, each with a button that ends it. */
export function accountPage({ sessions, formerUntil, done, refused }: AccountState, visitor: Visitor): string {
  return renderPage({
    title: 'My account',
    visitor,
    children: (
      <>
        {refused !== undefined && (
          <p class="fault" role="alert">
            {refused.fault}
          </p>
        )}
        {done !== undefined && refused === undefined && (
          <p class="good" role="status">
            {done === 'password' ? 'The password is changed.' : 'The former password has ended.'}
          </p>
        )}
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
        <h2>Password</h2>
        {formerUntil === undefined ? (
          <ChangePassword visitor={visitor} />
        ) : (
          <EndFormer until={formerUntil} visitor={visitor} />
        )}
      </>
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

function ChangePassword({ visitor }: { readonly visitor: Visitor }) {
  return (
    <form method="post" action="/console/account/password" class="narrow">
      <FormToken visitor={visitor} />
      <PresentPassword />
      <label>
        New password
        <input name="password" type="password" autocomplete="new-password" required />
      </label>
      <label>
        New password, once more
        <input name="again" type="password" autocomplete="new-password" required />
      </label>
      <Choice name="overlap" label="The present password ends" words={overlapWords} names={overlapNames} value="none" />
      <p>
        Sessions end with the password that they began with, this one excepted. Programs that use this login need the
        new password before the present one ends.
      </p>
      <button type="submit">Change the password</button>
    </form>
  );
}

function EndFormer({ until, visitor }: { readonly until: Date; readonly visitor: Visitor }) {
  return (
    <form method="post" action="/console/account/former" class="narrow">
      <FormToken visitor={visitor} />
      <p>
        There are two passwords: the former one is valid until <Time at={until} />. Once all of your programs have the
        new one, you can end it now, with the sessions that began with it. The password can be changed again after that.
      </p>
      <PresentPassword />
      <button type="submit">End the former password</button>
    </form>
  );
}

/** Asked for again, since somebody else may sit before an open session. */
function PresentPassword() {
  return (
    <label>
      Present password
      <input name="present" type="password" autocomplete="current-password" required />
    </label>
  );
}
