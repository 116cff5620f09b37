/** The operator's commands for organizations and for changing a password without a gap. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Installation, install, sppp } from '../support/command-line.js';
import { DigestClient } from '../support/digest-client.js';
import { startServer, type TestServer } from '../support/server.js';

const TOO_LONG = 300_000;
let installation: Installation;
let server: TestServer;

beforeAll(async () => {
  installation = await install();
  server = await startServer();
}, TOO_LONG);
afterAll(async () => {
  await server.close();
  await installation.remove();
});

const command = async (...args: string[]) => {
  const { code, out, err } = await sppp(installation, args, { DATABASE_URL: server.databaseUrl });
  return { code, lines: out.trimEnd().split('\n'), err };
};
const statusOf = async (username: string, password: string) => {
  const client = new DigestClient({ username, password });
  return (await client.send(`${server.url}/transaction/none`, { method: 'GET' })).status;
};

it(
  'says what a suspension does, does it only when told to, and takes it back',
  async () => {
    const planned = await command('org', 'suspend', 'iana-en:226');
    expect(planned.code).toBe(1);
    expect(planned.lines[0]).toBe('suspending iana-en:226:');
    expect(planned.lines).toContain('  its 1 credentials are refused with HTTP 403: ssp4');
    expect(planned.lines.at(-1)).toBe('nothing was done; --yes does it');
    expect(await statusOf('ssp4', 'ssp4')).not.toBe(403);

    const { code, lines } = await command('org', 'suspend', 'iana-en:226', '--yes', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(lines.join('\n'))).toMatchObject({ orgId: 'iana-en:226', isDone: true });
    await expect.poll(() => statusOf('ssp4', 'ssp4'), { timeout: 20_000 }).toBe(403);
    expect((await command('org', 'list')).lines).toContainEqual(
      expect.stringMatching(/^iana-en:226: 1 credentials, acts for 1, suspended since \d{4}-/),
    );
    expect((await command('org', 'resume', 'iana-en:226')).lines).toEqual(['iana-en:226 is let in and answered again']);
    await expect.poll(() => statusOf('ssp4', 'ssp4'), { timeout: 20_000 }).not.toBe(403);
  },
  TOO_LONG,
);

it(
  'renames, shows, and removes what owns nothing',
  async () => {
    expect((await command('org', 'rename', 'iana-en:226', 'Fourth')).lines).toEqual([
      'organization iana-en:226 is Fourth',
    ]);
    expect((await command('org', 'show', 'iana-en:226')).lines.slice(0, 1)).toEqual(['iana-en:226 (Fourth)']);
    expect((await command('org', 'remove', 'iana-en:226', '--yes')).lines.at(-1)).toBe('iana-en:226 is removed');
    expect(await command('org', 'show', 'iana-en:226')).toMatchObject({
      code: 1,
      err: 'sppp: organization iana-en:226: not known, make it with sppp org add\n',
    });
  },
  TOO_LONG,
);

it(
  'changes a password with an overlap, which can be ended',
  async () => {
    const { lines } = await command('credential', 'rotate', 'ssp1', '--overlap', '2');
    const password = /^credential ssp1 password (\S{24})$/.exec(lines[0] ?? '')?.[1] ?? '';
    expect(lines[1]).toMatch(/^the password before is let in until \d{4}-/);
    await expect.poll(() => statusOf('ssp1', password), { timeout: 20_000 }).not.toBe(401);
    expect(await statusOf('ssp1', 'ssp1')).not.toBe(401);
    expect(await command('credential', 'rotate', 'ssp1', '--overlap', 'soon')).toMatchObject({
      code: 1,
      err: 'sppp: --overlap soon: a whole number of hours from 0 to 9999\n',
    });
    expect((await command('credential', 'end-former', 'ssp1')).lines).toEqual(['credential ssp1 has one password']);
    await expect.poll(() => statusOf('ssp1', 'ssp1'), { timeout: 20_000 }).toBe(401);
  },
  TOO_LONG,
);
