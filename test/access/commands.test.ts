/** `sppp operator` beside a running server, as docs/operations.md shows it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sppp } from '../support/command-line.js';
import { type Demo, startDemo } from '../support/demo.js';
import { DigestClient } from '../support/digest-client.js';

const TIMEOUT_MS = 300_000;
let demo: Demo;

beforeAll(async () => {
  demo = await startDemo('a-password-of-the-demo');
}, TIMEOUT_MS);
afterAll(() => demo.close(), TIMEOUT_MS);

async function command(input: string, ...args: string[]) {
  const { code, out, err } = await sppp(demo.installation, ['operator', ...args], demo.settings, input);
  return { code, lines: out.trimEnd().split('\n'), err };
}
const statusOf = async (username: string, password: string) => {
  const client = new DigestClient({ username, password });
  return (await client.send(new URL('/operator/status', demo.serving.url).href, { method: 'GET' })).status;
};
const polled = { timeout: 60_000, interval: 200 };
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;

describe.sequential('sppp operator', { timeout: TIMEOUT_MS }, () => {
  let password: string;

  it('add prints a password once, which works at once', async () => {
    const { code, lines } = await command('', 'add', 'alice', '--role', 'administrator');
    expect([code, lines.length]).toEqual([0, 1]);
    password = /^operator alice administrator password (\S{24})$/.exec(lines[0] ?? '')?.[1] ?? '';
    expect(password).not.toBe('');
    await expect.poll(() => statusOf('alice', password), polled).toBe(200);
  });

  it('add takes a password from standard input, and does not print it', async () => {
    const args = ['add', 'bob', '--role', 'viewer', '--label', 'night shift', '--password-file', '-'];
    expect(await command('correct horse battery\n', ...args)).toEqual({
      code: 0,
      lines: ['operator bob viewer'],
      err: '',
    });
    await expect.poll(() => statusOf('bob', 'correct horse battery'), polled).toBe(200);
  });

  it('list sorts operators by their names', async () => {
    const { lines } = await command('', 'list');
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^alice administrator from ${TIME}$`)),
      expect.stringMatching(new RegExp(`^bob viewer from ${TIME} \\(night shift\\)$`)),
    ]);
  });

  it('prints JSON: the members of docs/commands.md', async () => {
    const added = JSON.parse((await command('', 'add', 'carol', '--role', 'operator', '--json')).lines.join('\n'));
    const time = expect.stringMatching(new RegExp(`^${TIME}$`));
    const carol = { username: 'carol', role: 'operator', label: '', createdAt: time, removedAt: null, isLetIn: true };
    expect(added).toEqual({ ...carol, password: expect.any(String) });
    const removed = JSON.parse((await command('', 'remove', 'carol', '--json')).lines.join('\n'));
    expect(removed).toEqual({ username: 'carol', isLetIn: false });
    const listed = JSON.parse((await command('', 'list', '--json')).lines.join('\n'));
    expect(listed).toHaveLength(3);
    expect(listed).toContainEqual({ ...carol, removedAt: time, isLetIn: false });
  });

  it('remove ends the login', async () => {
    expect((await command('', 'remove', 'bob')).lines).toEqual(['operator bob removed']);
    await expect.poll(() => statusOf('bob', 'correct horse battery'), polled).toBe(401);
    expect((await command('', 'list')).lines[1]).toMatch(new RegExp(`^bob viewer removed ${TIME} \\(night shift\\)$`));
  });

  it('add again gives another role and password', async () => {
    const { lines } = await command('', 'add', 'alice', '--role', 'viewer');
    const second = /^operator alice viewer password (\S{24})$/.exec(lines[0] ?? '')?.[1] ?? '';
    await expect.poll(() => statusOf('alice', second), polled).toBe(200);
    expect(await statusOf('alice', password)).toBe(401);
  });

  it.each([
    [
      'a role that there is not',
      ['add', 'dave', '--role', 'king'],
      /Allowed choices are viewer, operator, administrator/,
    ],
    ['no role', ['add', 'dave'], /required option '--role <role>' not specified/],
    [
      'the user name of a registrar',
      ['add', 'ssp1', '--role', 'viewer'],
      /^sppp: user name 'ssp1': belongs to a registrar\n$/,
    ],
    [
      'to remove the user name of a registrar',
      ['remove', 'ssp1'],
      /^sppp: user name 'ssp1': belongs to a registrar\n$/,
    ],
    ['to remove nobody', ['remove', 'dave'], /^sppp: user name 'dave': not known\n$/],
    [
      'a name that nobody can read',
      ['add', 'da\u202eve', '--role', 'viewer'],
      /^sppp: user name 'da\\u202eve': without controls/,
    ],
    [
      'a name with a colon',
      ['add', 'da:ve', '--role', 'viewer'],
      /^sppp: user name 'da:ve': not empty, without quotes/,
    ],
  ])('refuses %s', async (_what, args, message) => {
    const { code, err } = await command('', ...args);
    expect([code, err]).toEqual([1, expect.stringMatching(message)]);
  });

  it('refuses a weak password', async () => {
    const { code, err } = await command('dave\n', 'add', 'dave', '--role', 'viewer', '--password-file', '-');
    expect([code, err]).toEqual([1, expect.stringMatching(/^sppp: password: /)]);
  });
});
