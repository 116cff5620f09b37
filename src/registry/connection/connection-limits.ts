import type { ClientBase } from 'pg';
import { OperatorError } from '../../operator-error.js';
import { quoted } from './unreachable.js';

interface Limits {
  readonly role: string;
  readonly database: string;
  readonly isSuperuser: boolean;
  readonly ofServer: number;
  /** -1: none. */
  readonly ofRole: number;
  readonly ofDatabase: number;
}

/**
 * Checks that PostgreSQL allows as many connections as this process may open. Otherwise requests would fail when the
 * server is busiest.
 *
 * @param settings the settings that add up to that number, for the message
 * @throws OperatorError naming the limit and the SQL that raises it
 */
export async function checkConnectionLimits(
  db: Pick<ClientBase, 'query'>,
  needed: number,
  settings: string,
): Promise<void> {
  const { rows } = await db.query<Limits>(
    `SELECT session_user AS role, current_database() AS database, r.rolsuper AS "isSuperuser",
            r.rolconnlimit AS "ofRole", d.datconnlimit AS "ofDatabase",
            current_setting('max_connections')::integer
            - CASE WHEN r.rolsuper THEN 0
                   ELSE current_setting('superuser_reserved_connections')::integer
                        + coalesce(current_setting('reserved_connections', true)::integer, 0) END AS "ofServer"
       FROM pg_roles r, pg_database d WHERE r.rolname = session_user AND d.datname = current_database()`,
  );
  for (const { role, database, isSuperuser, ofServer, ofRole, ofDatabase } of rows) {
    const limits: [string, number, string][] = [
      ['all roles together', ofServer, `ALTER SYSTEM SET max_connections = …, and a restart of PostgreSQL`],
      [`role ${role}`, isSuperuser ? -1 : ofRole, `ALTER ROLE ${quoted(role)} CONNECTION LIMIT ${needed}`],
      [
        `database ${database}`,
        isSuperuser ? -1 : ofDatabase,
        `ALTER DATABASE ${quoted(database)} CONNECTION LIMIT ${needed}`,
      ],
    ];
    for (const [whose, limit, sql] of limits) {
      if (limit < 0 || limit >= needed) continue;
      throw new OperatorError(
        `PostgreSQL has ${limit} connections for ${whose}, and ${settings} need ${needed}: ${sql}, or lower them`,
      );
    }
  }
}
