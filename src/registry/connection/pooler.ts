import type pg from 'pg';
import { OperatorError } from '../../operator-error.js';
import { type DatabasePurpose, databaseVariables } from './database-url.js';

/** The longest time that a notification may take. */
const NOTIFY_TIMEOUT_MS = 10_000;

const CHANNEL = 'sppp_start';

/**
 * Checks that a session lasts as long as its connection: it keeps its prepared statements and settings, and receives
 * NOTIFY while it is idle, which look-ups do not need and a standby does not have. Behind a pooler that gives the connection to another client between two transactions,
 * revoked credentials would stay valid, and look-ups and adds would fail.
 *
 * @param connectAgain opens a second connection to the same database
 * @throws OperatorError if the session does not last
 */
export async function provePooler(
  client: pg.Client,
  purpose: DatabasePurpose,
  connectAgain: () => Promise<pg.Client>,
): Promise<void> {
  const { rows } = await client.query<{ isStandby: boolean }>('SELECT pg_is_in_recovery() AS "isStandby"');
  const hasNotify = purpose === 'registry' && rows[0]?.isStandby !== true;
  const statement = { name: 'sppp start', text: "SELECT current_setting('application_name') AS name" };
  await client.query(statement);
  const other = await connectAgain();
  let onNotification: () => void = () => undefined;
  const notified = new Promise<boolean>((resolve) => {
    onNotification = () => resolve(true);
  });
  try {
    client.on('notification', onNotification);
    if (hasNotify) await client.query(`LISTEN ${CHANNEL}`);
    // This transaction takes the connection that the pooler has free, most likely the one that the other client had.
    await other.query('BEGIN');
    await other.query('SELECT 1');
    await client.query(statement);
    await other.query('COMMIT');
    if (!hasNotify) return;
    await other.query(`NOTIFY ${CHANNEL}`);
    const isNotified = await inTime(notified);
    if (!isNotified) throw new Error('NOTIFY does not arrive');
    await client.query(`UNLISTEN ${CHANNEL}`);
  } catch (error) {
    throw new OperatorError(
      `${databaseVariables[purpose]}: sessions do not last as long as their connections (${error instanceof Error ? error.message : String(error)}): a pooler between needs pool_mode = session, or name PostgreSQL itself`,
      { cause: error },
    );
  } finally {
    client.removeListener('notification', onNotification);
    await other.end();
  }
}

async function inTime(notified: Promise<boolean>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), NOTIFY_TIMEOUT_MS);
  });
  return Promise.race([notified, late]).finally(() => clearTimeout(timer));
}
