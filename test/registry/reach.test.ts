/** The first contact with a database that others set up: it works, or one line names the reason and the remedy. */

import { once } from 'node:events';
import { chmod, chown, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { openDeps } from '../../src/deps.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { reach } from '../../src/registry/connection/reach.js';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/registry/embedded/embedded-postgres.js';
import { migrate } from '../../src/registry/schema/migrate.js';
import { issue } from '../support/certificate.js';
import {
  askServer,
  createDatabase,
  createEmptyDatabase,
  createRole,
  type TestDatabase,
  type TestRole,
} from '../support/database.js';

vi.setConfig({ testTimeout: 120_000 });

const withParameters = (url: string, parameters: Record<string, string>) => {
  const changed = new URL(url);
  for (const [name, value] of Object.entries(parameters)) changed.searchParams.set(name, value);
  return changed.href;
};
const isEncrypted = async (url: string) => {
  const { pool, close } = await openDatabase(url, { durable: false, maxConnections: 1 });
  const { rows } = await pool.query<{ ssl: boolean }>('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()');
  await close();
  return rows[0]?.ssl;
};
const serving = (url: string, settings: Record<string, string> = {}, lines: string[] = []) =>
  openDeps(readConfig({ SPPP_DATABASE_CONNECTIONS: '6', ...settings }), {
    databaseUrl: url,
    log: pino({ level: 'warn' }, { write: (line: string) => lines.push(line) }),
    durable: false,
  });

describe('a server with TLS, and then a standby', () => {
  let server: EmbeddedPostgres;
  let dataDir: string;
  const mode = (sslmode: string, more: Record<string, string> = {}) => withParameters(server.url, { sslmode, ...more });
  const file = (name: string) => join(dataDir, name);

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sppp-tls-'));
    server = await startEmbeddedPostgres({ dataDir, fsync: false });
    const authority = issue({ subject: [['CN', 'Authority']], isAuthority: true });
    const its = issue({ subject: [['CN', 'db']], by: authority, use: 'server' });
    const { uid, gid } = await stat(file('cluster'));
    for (const [name, text] of [
      ['server.crt', its.cert],
      ['server.key', its.key],
    ] as const) {
      await writeFile(file(`cluster/${name}`), text);
      await chown(file(`cluster/${name}`), uid, gid);
      await chmod(file(`cluster/${name}`), 0o600);
    }
    await writeFile(file('root.pem'), authority.cert);
    await writeFile(file('other.pem'), issue({ subject: [['CN', 'Other']], isAuthority: true }).cert);
    await migrate(server.url);
    const { pool, close } = await openDatabase(server.url, { durable: false, maxConnections: 1 });
    await pool.query("ALTER SYSTEM SET ssl = 'on'");
    await pool.query('SELECT pg_reload_conf()');
    await close();
    await vi.waitFor(() => reach(mode('require')), { timeout: 20_000 }); // the certificate is read a moment later
  }, 120_000);
  afterAll(async () => {
    await server?.stop();
    await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  });

  it.each([
    ['disable', false],
    ['allow', false],
    ['prefer', true],
    ['require', true],
  ])('sslmode=%s without a trusted certificate: encrypted is %s', async (sslmode, expected) => {
    expect(await isEncrypted(await reach(mode(sslmode)))).toBe(expected);
  });

  it('sslmode=verify-ca and verify-full trust sslrootcert, and require does if it is given', async () => {
    for (const sslmode of ['require', 'verify-ca', 'verify-full']) {
      expect(await isEncrypted(await reach(mode(sslmode, { sslrootcert: file('root.pem') })))).toBe(true);
      await expect(reach(mode(sslmode, { sslrootcert: file('other.pem') }))).rejects.toThrow(
        /^DATABASE_URL: .*certificate.*; sslmode=/,
      );
    }
    await expect(reach(mode('verify-full'))).rejects.toThrow(/^DATABASE_URL: .*certificate/);
    await expect(reach(mode('verify-full', { sslrootcert: '/no/such.pem' }))).rejects.toThrow(
      'DATABASE_URL: sslrootcert: ENOENT',
    );
  });

  it('only verify-full checks the name of the server', async () => {
    // The same server by a name that is not in its certificate.
    const elsewhere = mode('verify-ca', { sslrootcert: file('root.pem') }).replace('127.0.0.1', '127.1');
    expect(await isEncrypted(await reach(elsewhere))).toBe(true);
    await expect(reach(elsewhere.replace('verify-ca', 'verify-full'))).rejects.toThrow(/altnames|alt name/i);
  });

  it('a missing role for operators is logged at each start; when it exists, it gets its grants', async () => {
    const { pool, close } = await openDatabase(server.url, { durable: false, maxConnections: 1 });
    await pool.query('DROP OWNED BY sppp_operator; DROP ROLE sppp_operator');
    await pool.query("CREATE ROLE plain LOGIN PASSWORD 'plain'");
    await pool.query('CREATE DATABASE plain OWNER plain');
    const url = new URL(server.url);
    [url.username, url.password, url.pathname] = ['plain', 'plain', '/plain'];
    await migrate(url.href);
    const start = async () => {
      const lines: string[] = [];
      await (await serving(url.href, {}, lines)).close();
      return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    };
    const missing = /^role sppp_operator is missing, .* CREATE ROLE sppp_operator NOLOGIN, and the next start grants/;
    expect(await start()).toEqual([expect.stringMatching(missing)]);
    expect(await start()).toEqual([expect.stringMatching(missing)]);
    await pool.query('CREATE ROLE sppp_operator NOLOGIN');
    expect(await start()).toEqual([]);
    await pool.query('GRANT sppp_operator TO plain');
    const operator = await openDatabase(withParameters(url.href, { options: '-c role=sppp_operator' }), {
      durable: false,
    });
    expect((await operator.pool.query('SELECT * FROM sppp_api.transaction')).rows).toEqual([]);
    await operator.close();
    await close();
  });

  it('a change on a standby is refused in one line; look-ups work', async () => {
    await server.stop();
    await writeFile(file('cluster/standby.signal'), '');
    server = await startEmbeddedPostgres({ dataDir, fsync: false });
    const url = await reach(server.url);
    expect(await migrate(url)).toEqual([]);
    await expect(serving(url)).rejects.toThrow(
      'The database is a standby, which takes no changes: name the primary in DATABASE_URL',
    );
    const { pool, close } = await openDatabase(url, { durable: false, maxConnections: 1 });
    expect((await pool.query("SELECT * FROM sppp_api.resolve('+1', 'iana-en:1')")).rows).toEqual([]);
    await close();
  }, 120_000);
});

it.each([
  ['says nothing', ''],
  ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n'],
])('a listener that %s is reported in one line', async (_, answer) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => (answer === '' ? undefined : socket.end(answer)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const url = `postgresql://u1:very-secret@127.0.0.1:${port}/d1?connect_timeout=2`;
  await expect(reach(url)).rejects.toThrow(/^DATABASE_URL: (?!.*very-secret)[^\n]+$/);
  server.close();
});

describe('a server without TLS', () => {
  let database: TestDatabase;
  let role: TestRole | undefined;
  beforeAll(async () => {
    database = await createDatabase();
  });
  afterAll(() => database.drop());
  afterEach(async () => {
    await role?.drop();
    role = undefined;
  });
  const mode = (sslmode: string) => withParameters(database.url, { sslmode });

  it('accepts sslmode=disable, allow and prefer, and none', async () => {
    for (const sslmode of ['disable', 'allow', 'prefer'])
      expect(await isEncrypted(await reach(mode(sslmode)))).toBe(false);
    const without = new URL(database.url);
    without.search = '';
    expect(await isEncrypted(await reach(without.href))).toBe(false);
  });

  it.each(['require', 'verify-full'])('refuses sslmode=%s', async (sslmode) => {
    await expect(reach(mode(sslmode))).rejects.toThrow(
      `DATABASE_URL: the server has no TLS, and sslmode=${sslmode} asks for it`,
    );
  });

  it('gives the reason: password, role, database, port', async () => {
    const changed = (change: (url: URL) => void) => {
      const url = new URL(database.url);
      change(url);
      return reach(url.href);
    };
    const wrong = (password: string) =>
      changed((url) => {
        url.password = password;
      });
    await expect(wrong('very-secret')).rejects.toThrow(
      /^DATABASE_URL: password authentication failed for user "sppp"$/,
    );
    await expect(wrong('')).rejects.toThrow(
      /^DATABASE_URL: the database asks for a password, and there is none for sppp/,
    );
    await expect(
      changed((url) => {
        url.pathname = '/no%2Fsuch';
      }),
    ).rejects.toThrow('DATABASE_URL: database "no/such" does not exist: CREATE DATABASE "no/such" OWNER sppp');
    await expect(
      changed((url) => {
        url.port = '1';
      }),
    ).rejects.toThrow(/^DATABASE_URL: connect ECONNREFUSED 127\.0\.0\.1:1$/);
  });

  it('accepts a percent-encoded database name', async () => {
    const own = await createEmptyDatabase();
    const name = new URL(own.url).pathname.slice(1);
    await askServer(`ALTER DATABASE ${name} RENAME TO "${name}/ä b"`);
    const url = new URL(own.url);
    url.pathname = `/${encodeURIComponent(`${name}/ä b`)}`;
    expect((await migrate(await reach(url.href))).length).toBeGreaterThan(0);
    await askServer(`DROP DATABASE "${name}/ä b"`);
  });

  it('is refused with another encoding', async () => {
    const name = `${new URL(database.url).pathname.slice(1)}_ascii`;
    await askServer(`CREATE DATABASE ${name} ENCODING 'SQL_ASCII' LOCALE 'C' LOCALE_PROVIDER libc TEMPLATE template0`);
    const url = new URL(database.url);
    url.pathname = `/${name}`;
    await expect(reach(url.href)).rejects.toThrow(/encoding SQL_ASCII: CREATE DATABASE … ENCODING 'UTF8'/);
    await askServer(`DROP DATABASE ${name}`);
  });

  it('names the rights that are missing, with the SQL that gives them', async () => {
    const own = await createEmptyDatabase();
    const name = new URL(own.url).pathname.slice(1);
    role = await createRole();
    const url = role.at(own);
    const schema = `GRANT CREATE ON SCHEMA public TO ${role.name}`;
    const inDatabase = `GRANT CREATE ON DATABASE ${name} TO ${role.name}`;
    try {
      await expect(migrate(url)).rejects.toThrow(
        `Role ${role.name} may not make tables in database ${name}: ${schema}; ${inDatabase}`,
      );
      const operator = await openDatabase(own.url, { durable: false, maxConnections: 1 });
      await operator.pool.query(schema);
      await expect(migrate(url)).rejects.toThrow(`in database ${name}: ${inDatabase}`);
      await operator.pool.query(inDatabase);
      expect((await migrate(url)).length).toBeGreaterThan(0);
      await operator.close();
    } finally {
      await own.drop();
    }
  });

  it('names the limit on connections that is too low, with the SQL that raises it', async () => {
    role = await createRole('CONNECTION LIMIT 10');
    const own = await createEmptyDatabase();
    const name = new URL(own.url).pathname.slice(1);
    try {
      await askServer(`ALTER DATABASE ${name} OWNER TO ${role.name}`);
      const url = role.at(own);
      await migrate(url);
      const settings =
        'SPPP_DATABASE_CONNECTIONS=6, SPPP_LOOKUP_CONNECTIONS=4 and 7 for /health, commits in doubt, nonces and webhooks need 17';
      await expect(serving(url)).rejects.toThrow(
        `PostgreSQL has 10 connections for role ${role.name}, and ${settings}: ALTER ROLE ${role.name} CONNECTION LIMIT 17, or lower them`,
      );
      await askServer(`ALTER ROLE ${role.name} CONNECTION LIMIT -1`);
      await askServer(`ALTER DATABASE ${name} CONNECTION LIMIT 5`);
      await expect(serving(url)).rejects.toThrow(
        `PostgreSQL has 5 connections for database ${name}, and ${settings}: ALTER DATABASE ${name} CONNECTION LIMIT 17, or lower them`,
      );
      await askServer(`ALTER DATABASE ${name} CONNECTION LIMIT -1`);
      await expect(serving(url, { SPPP_DATABASE_CONNECTIONS: '900' })).rejects.toThrow(
        /^PostgreSQL has \d+ connections for all roles together, and .* need 911: ALTER SYSTEM SET max_connections/,
      );
      await askServer(`ALTER ROLE ${role.name} CONNECTION LIMIT 0`);
      await expect(reach(url)).rejects.toThrow(
        `DATABASE_URL: too many connections for role "${role.name}": ALTER ROLE ${role.name} CONNECTION LIMIT …`,
      );
    } finally {
      await own.drop();
    }
  });
});
