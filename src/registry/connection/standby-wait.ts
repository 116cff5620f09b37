import type { Client, ClientBase } from 'pg';

/**
 * A commit that is done, but may be on the primary alone: PostgreSQL ended its wait for the synchronous standbys, because
 * somebody cancelled the wait or terminated the connection. Like a connection that breaks during the commit, it leaves the
 * outcome open (SQLSTATE 08007): a failover may lose it.
 */
export class UnreplicatedCommitError extends Error {
  override readonly name = 'UnreplicatedCommitError';
  readonly code = '08007';

  constructor() {
    super('the wait for the synchronous standbys was cancelled: the commit may be on the primary alone');
  }
}

/**
 * The codes of the warnings by which PostgreSQL says so, `warning` and `admin_shutdown`. Their texts depend on its language.
 * Warnings of somebody's triggers have the first code too, but come from RAISE.
 */
const WAIT_CANCELLED: readonly (string | undefined)[] = ['01000', '57P01'];
const RAISE = 'exec_stmt_raise';

/**
 * Lets PostgreSQL send warnings in a session, whatever the role sets. Without them a commit whose wait was cancelled looks
 * like one that is on the standbys.
 */
export const HEAR_WARNINGS = `SELECT pg_catalog.set_config('client_min_messages', 'warning', false)
 WHERE pg_catalog.current_setting('client_min_messages') = 'error'`;

/**
 * Breaks a connection whose commit did not wait for the standbys to the end. Its statement fails then, so that nobody takes
 * the commit for done.
 */
export function refuseUnreplicated(client: ClientBase): void {
  client.on('notice', ({ code, routine }) => {
    if (!WAIT_CANCELLED.includes(code) || routine === RAISE) return;
    const { connection } = client as ClientBase & Pick<Client, 'connection'>;
    connection.emit('error', new UnreplicatedCommitError());
    connection.stream.destroy();
  });
}

/**
 * Writes nothing but a mark in the log of the database, and commits that. The mark follows all commits that were visible
 * before, and the standbys receive the log in order: once enough of them have the mark for its commit to end
 * (`synchronous_standby_names`, `synchronous_commit`), they have those commits too.
 */
const MARK = `SELECT pg_logical_emit_message(true, 'sppp', ''::text)
 WHERE current_setting('synchronous_standby_names') <> ''`;

/**
 * Waits until the synchronous standbys have all commits that are visible now in this session; at once if the database waits
 * for none. Of two sessions one may be on another server.
 *
 * @throws what the driver throws. It is not known then whether the standbys have them
 */
export async function awaitStandbys(client: ClientBase): Promise<void> {
  await client.query(MARK);
}
