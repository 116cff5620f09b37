/** The operator's commands for organizations and for changing a password without a gap, beside a running server. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sppp } from '../support/command-line.js';
import { type Demo, startDemo } from '../support/demo.js';
import { DigestClient } from '../support/digest-client.js';

const TIMEOUT_MS = 300_000;
const PASSWORD = 'a-password-of-the-demo';
let demo: Demo;

beforeAll(async () => {
  demo = await startDemo(PASSWORD);
}, TIMEOUT_MS);
afterAll(() => demo.close(), TIMEOUT_MS);

const command = async (...args: string[]) => {
  const { code, out, err } = await sppp(demo.installation, args, demo.settings);
  return { code, lines: out.trimEnd().split('\n'), err };
};
const statusOf = async (username: string, password: string) => {
  const client = new DigestClient({ username, password });
  return (await client.send(new URL('/transaction/none', demo.serving.url).href, { method: 'GET' })).status;
};
const polled = { timeout: 60_000, interval: 200 };

describe.sequential('commands', { timeout: TIMEOUT_MS }, () => {
  it('print the effect of a suspension, carry it out only with --yes, and revert it', async () => {
    const planned = await command('org', 'suspend', 'iana-en:226');
    expect(planned.code).toBe(1);
    expect(planned.lines[0]).toBe('suspending iana-en:226 (SSP4):');
    expect(planned.lines).toContain('  its 1 credentials are refused with HTTP 403: ssp4');
    expect(planned.lines.at(-1)).toBe('nothing was done; --yes does it');
    expect(await statusOf('ssp4', PASSWORD)).not.toBe(403);

    const { code, lines } = await command('org', 'suspend', 'iana-en:226', '--yes', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(lines.join('\n'))).toMatchObject({ orgId: 'iana-en:226', isDone: true });
    await expect.poll(() => statusOf('ssp4', PASSWORD), polled).toBe(403);
    expect((await command('org', 'list')).lines).toContainEqual(
      expect.stringMatching(/^iana-en:226 \(SSP4\): 1 credentials, .*suspended since \d{4}-/),
    );
    expect((await command('org', 'resume', 'iana-en:226')).lines).toEqual(['iana-en:226 is let in and answered again']);
    await expect.poll(() => statusOf('ssp4', PASSWORD), polled).not.toBe(403);
  });

  it('rename, show, and remove an organization that owns nothing', async () => {
    expect((await command('org', 'rename', 'iana-en:226', 'Fourth')).lines).toEqual([
      'organization iana-en:226 is Fourth',
    ]);
    expect((await command('org', 'show', 'iana-en:226')).lines[0]).toBe('iana-en:226 (Fourth)');
    const planned = await command('org', 'remove', 'iana-en:226');
    expect([planned.code, planned.lines.at(-1)]).toEqual([1, 'nothing was done; --yes does it']);
    expect((await command('org', 'show', 'iana-en:226')).code).toBe(0);
    expect((await command('org', 'remove', 'iana-en:226', '--yes')).lines.at(-1)).toBe('iana-en:226 is removed');
    expect(await command('org', 'show', 'iana-en:226')).toMatchObject({
      code: 1,
      err: 'sppp: organization iana-en:226: not known, make it with sppp org add\n',
    });
  });

  it('change a password with an overlap, which the operator can end', async () => {
    const { lines } = await command('credential', 'rotate', 'ssp1', '--overlap', '2');
    const password = /^credential ssp1 password (\S{24})$/.exec(lines[0] ?? '')?.[1] ?? '';
    expect(lines[1]).toMatch(/^the former password is valid until \d{4}-/);
    await expect.poll(() => statusOf('ssp1', password), polled).not.toBe(401);
    expect(await statusOf('ssp1', PASSWORD)).not.toBe(401);
    expect(await command('credential', 'rotate', 'ssp1', '--overlap', 'soon')).toMatchObject({
      code: 1,
      err: 'sppp: --overlap soon: a whole number of hours from 0 to 9999\n',
    });
    expect((await command('credential', 'end-former', 'ssp1')).lines).toEqual(['credential ssp1 has one password']);
    await expect.poll(() => statusOf('ssp1', PASSWORD), polled).toBe(401);
    expect(await statusOf('ssp1', password)).not.toBe(401);
  });
});
