import type { ClientBase } from 'pg';
import { lockOf } from '../connection/listening-connection.js';

/** Says over a connection that whoever has this name lives, as long as the connection does. Its jobs are left to it. */
export async function holdJobs(client: Pick<ClientBase, 'query'>, name: string): Promise<void> {
  await client.query(`SELECT pg_advisory_lock_shared(${lockOf('$1')})`, [name]);
}
