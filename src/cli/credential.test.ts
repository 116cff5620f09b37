import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { issue } from '../../test/support/certificate.js';
import { startEmbeddedPostgres } from '../registry/embedded/embedded-postgres.js';
import { migrate } from '../registry/schema/migrate.js';
import { ha1 } from '../values/http-digest.js';
import { credentialCommand } from './credential.js';

let database: Awaited<ReturnType<typeof startEmbeddedPostgres>>;
let client: pg.Client;
let folder: string;
let data: string;
const certificate = issue({
  subject: [
    ['C', 'DE'],
    ['CN', 'carrier.example'],
  ],
});
const fingerprint = new X509Certificate(certificate.cert).fingerprint256;
const hex = fingerprint.replaceAll(':', '').toLowerCase();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-credential-'));
  // One of its own: commands refuse the tests' database, which would lose what it acknowledged in a crash.
  data = await mkdtemp(join(tmpdir(), 'sppp-credential-data-'));
  database = await startEmbeddedPostgres({ dataDir: data });
  await migrate(database.url);
  await writeFile(join(folder, 'url'), database.url);
  await writeFile(join(folder, 'cert.pem'), certificate.cert);
  await writeFile(join(folder, 'password'), 'från fil, lång nog\n');
  vi.stubEnv('DATABASE_URL', '');
  vi.stubEnv('DATABASE_URL_FILE', join(folder, 'url'));
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(`INSERT INTO sppp.organization (org_id) VALUES ('iana-en:1'), ('iana-en:2')`);
}, 300_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await client.end();
  await database.stop();
  for (const each of [folder, data]) await rm(each, { recursive: true, force: true, maxRetries: 20 });
});

/** Runs `sppp credential …`; what it prints. */
async function run(...argv: string[]): Promise<string> {
  const written: string[] = [];
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((text) => written.push(String(text)) > 0);
  try {
    await credentialCommand().parseAsync(argv, { from: 'user' });
  } finally {
    spy.mockRestore();
  }
  return written.join('');
}

describe('sppp credential', () => {
  it('add: generates a password and prints it once, or reads one from a file and prints none', async () => {
    const [, made = ''] = /^credential ann password (\S{24})\n$/.exec(await run('add', 'iana-en:1', 'ann')) ?? [];
    expect(await run('add', 'iana-en:1', 'bob', '--password-file', join(folder, 'password'))).toBe('credential bob\n');
    const { rows } = await client.query('SELECT username, ha1_sha256 FROM sppp.credential ORDER BY 1');
    expect(rows).toEqual([
      { username: 'ann', ha1_sha256: ha1('SHA-256', 'ann', 'sppp', made) },
      { username: 'bob', ha1_sha256: ha1('SHA-256', 'bob', 'sppp', 'från fil, lång nog') },
    ]);
  });

  it('add again changes only what its options name', async () => {
    const stored = async () =>
      (
        await client.query<{ label: string; until: Date | null; ha1: string }>(
          `SELECT label, valid_until AS until, ha1_sha256 AS ha1 FROM sppp.credential WHERE username = 'kept'`,
        )
      ).rows[0];
    const end = new Date('2040-01-31T00:00:00Z');
    await run('add', 'iana-en:1', 'kept', '--label', 'back office', '--valid-until', end.toISOString());
    const first = await stored();
    expect(first).toMatchObject({ label: 'back office', until: end });
    await run('add', 'iana-en:1', 'kept');
    const second = await stored();
    expect(second).toMatchObject({ label: 'back office', until: end });
    expect(second?.ha1).not.toBe(first?.ha1);
    await run('add', 'iana-en:1', 'kept', '--label', 'other');
    expect(await stored()).toMatchObject({ label: 'other', until: end });
    await run('add', 'iana-en:1', 'kept', '--valid-until', 'never', '--label', '');
    expect(await stored()).toMatchObject({ label: '', until: null });
    const ended = await run('add', 'iana-en:1', 'kept', '--valid-until', '2020-01-01T00:00:00Z');
    expect(ended).toContain('not valid: it ended 2020-01-01T00:00:00.000Z; --valid-until changes that');
    await client.query(`DELETE FROM sppp.credential WHERE username = 'kept'`);
  });

  it.each([
    ['+100000-01-01T00:00:00Z', 'not an xs:dateTime'],
    ['100000-01-01T00:00:00Z', 'a year outside 0001 to 9999'],
    ['0000-01-01T00:00:00Z', 'a year outside 0001 to 9999'],
    ['2027-02-30T00:00:00Z', 'no such day in the calendar'],
    ['2027-01-31T00:00:00', 'no time zone; UTC is written with Z'],
    ['2027-01-31', 'not an xs:dateTime'],
    ['soon', 'not an xs:dateTime'],
    ['infinity', 'not an xs:dateTime'],
  ])('add --valid-until %s is refused', async (time, rule) => {
    await expect(run('add', 'iana-en:1', 'late', '--valid-until', time)).rejects.toThrow(
      `--valid-until ${time}: not a time such as 2027-01-31T00:00:00Z (${rule})`,
    );
  });

  it('list prints stored times that add would refuse', async () => {
    await run('add', 'iana-en:1', 'far');
    for (const [stored, shown] of [
      ['100000-01-01 00:00:00+00', '100000-01-01T00:00:00'],
      ['infinity', 'infinity'],
      ['2040-01-01 00:00:00+00', '2040-01-01T00:00:00.000Z'],
    ]) {
      await client.query(`UPDATE sppp.credential SET valid_until = $1 WHERE username = 'far'`, [stored]);
      expect(await run('list', 'iana-en:1')).toMatch(new RegExp(`far from \\S+ until ${shown}\n`));
      expect(JSON.parse(await run('list', 'iana-en:1', '--json'))).toContainEqual(
        expect.objectContaining({ username: 'far', validUntil: shown, isLetIn: true }),
      );
    }
    await client.query(`DELETE FROM sppp.credential WHERE username = 'far'`);
  });

  it.each([
    [Buffer.from('short\n'), 'password: at least 12 characters'],
    [Buffer.from('first line of two\nsecond line\n'), 'password: without controls, line ends'],
    [Buffer.from('weak-in-the-name\n'), 'password: without the user name in it'],
    [Buffer.from('lösenord från igår', 'latin1'), 'not UTF-8; save it as UTF-8'],
    [Buffer.alloc(2_000_000, 'a'), 'at most 1048576 bytes'],
  ])('add --password-file with %j is refused', async (content, rule) => {
    const file = join(folder, 'refused');
    await writeFile(file, content);
    await expect(run('add', 'iana-en:1', 'weak', '--password-file', file)).rejects.toThrow(rule);
  });

  it('add --password-file reads files as Windows writes them', async () => {
    const file = join(folder, 'windows');
    for (const encoding of ['utf-8', 'utf16le'] as const) {
      await writeFile(file, Buffer.from('\uFEFFlösenord från igår\r\n', encoding));
      await run('add', 'iana-en:1', 'windows', '--password-file', file);
      const { rows } = await client.query(`SELECT ha1_sha256 AS ha1 FROM sppp.credential WHERE username = 'windows'`);
      expect(rows).toEqual([{ ha1: ha1('SHA-256', 'windows', 'sppp', 'lösenord från igår') }]);
    }
    await client.query(`DELETE FROM sppp.credential WHERE username = 'windows'`);
  });

  it('add refuses new user names that cannot be typed, and accepts existing ones', async () => {
    for (const name of [' blank', 'a\u202eb', 'zero\u200b', 'a\u0001b', '']) {
      await expect(run('add', 'iana-en:1', name)).rejects.toThrow(/^user name '/);
    }
    await client.query(
      `INSERT INTO sppp.credential (registrar_id, username, ha1_md5, ha1_sha256)
       SELECT id, 'old\u202e', repeat('0', 32), repeat('0', 64) FROM sppp.organization WHERE org_id = 'iana-en:1'`,
    );
    expect(await run('add', 'iana-en:1', 'old\u202e')).toMatch(/^credential old\\u202e password /);
    await client.query(`DELETE FROM sppp.credential WHERE username LIKE 'old%'`);
  });

  it('add --no-password: a credential that logs in by certificates alone', async () => {
    expect(await run('add', 'iana-en:2', 'machine', '--no-password', '--label', 'switch')).toBe('credential machine\n');
  });

  it('certificate add: from a file by its fingerprint or its subject, or by a fingerprint as tools print it', async () => {
    const file = join(folder, 'cert.pem');
    expect(await run('certificate', 'add', 'machine', '--file', file)).toBe(`credential machine fingerprint ${hex}\n`);
    expect(await run('certificate', 'add', 'machine', '--fingerprint', fingerprint)).toContain(hex);
    const labels = async () => (await client.query('SELECT label FROM sppp.client_certificate')).rows;
    await run('certificate', 'add', 'machine', '--fingerprint', fingerprint, '--label', 'switch 7');
    await run('certificate', 'add', 'machine', '--fingerprint', fingerprint);
    expect(await labels()).toEqual([{ label: 'switch 7' }]);
    expect(await run('certificate', 'add', 'machine', '--file', file, '--by-subject')).toBe(
      'credential machine subject CN=carrier.example,C=DE\n',
    );
  });

  it.each([
    [['--fingerprint', 'abc'], 'fingerprint abc: 64 hex digits, the SHA-256 of the certificate'],
    [[], 'certificate: exactly one of --file, --fingerprint and --subject'],
    [['--subject', 'CN=x', '--fingerprint', hex], 'certificate: exactly one of --file, --fingerprint and --subject'],
    [['--subject', ''], 'subject: not empty'],
    [['--fingerprint', hex], `fingerprint ${hex}: belongs to another credential`],
  ])('certificate add ann %j is refused', async (options, message) => {
    await expect(run('certificate', 'add', 'ann', ...options)).rejects.toThrow(message);
  });

  it('certificate add: not a certificate, and not a user', async () => {
    const file = join(folder, 'password');
    await expect(run('certificate', 'add', 'ann', '--file', file)).rejects.toThrow(
      `--file ${file}: no certificate in PEM`,
    );
    await expect(run('certificate', 'add', 'zoe', '--subject', 'CN=z')).rejects.toThrow(`user name 'zoe': not known`);
  });

  it('list: user names and certificates, without secrets', async () => {
    expect((await run('list')).replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')).toBe(
      'iana-en:1 ann from TIME\niana-en:1 bob from TIME\niana-en:2 machine from TIME (switch)\n' +
        `  fingerprint ${hex}\n  subject CN=carrier.example,C=DE\n`,
    );
    expect(await run('list', 'iana-en:1')).not.toContain('machine');
    await expect(run('list', 'iana-en:9')).rejects.toThrow('organization iana-en:9: not known');
  });

  it('certificate remove: one by one', async () => {
    expect(await run('certificate', 'remove', '--subject', 'CN=carrier.example,C=DE')).toContain('removed subject');
    await expect(run('certificate', 'remove', '--subject', 'CN=carrier.example,C=DE')).rejects.toThrow('not known');
    expect(await run('list', 'iana-en:2')).toContain(`fingerprint ${hex}`);
  });

  it('revoke: at once and once; add makes it valid again with a new password', async () => {
    expect(await run('revoke', 'bob')).toBe('credential bob revoked\n');
    const revoked = async () =>
      (await client.query<{ at: Date | null }>(`SELECT revoked_at AS at FROM sppp.credential WHERE username = 'bob'`))
        .rows[0]?.at;
    const first = await revoked();
    expect(first).toBeInstanceOf(Date);
    await run('revoke', 'bob');
    expect(await revoked()).toEqual(first);
    expect(await run('list', 'iana-en:1')).toMatch(/bob revoked /);
    await expect(run('revoke', 'zoe')).rejects.toThrow(`user name 'zoe': not known`);
    await run('add', 'iana-en:1', 'bob');
    expect(await revoked()).toBeNull();
  });

  it('trace: the level of the SPPP-Trace header', async () => {
    expect(await run('trace', 'iana-en:1', 'full')).toBe('iana-en:1 trace full\n');
    await expect(run('trace', 'iana-en:1', 'all')).rejects.toThrow('trace all: one of none, id, full');
    const { rows } = await client.query('SELECT org_id, trace FROM sppp.organization ORDER BY 1');
    expect(rows).toEqual([
      { org_id: 'iana-en:1', trace: 'full' },
      { org_id: 'iana-en:2', trace: 'id' },
    ]);
  });
});
