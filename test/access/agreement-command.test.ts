/** `sppp agreement` beside a running server, as docs/agreements.md shows it. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sppp } from '../support/command-line.js';
import { type Demo, startDemo } from '../support/demo.js';
import { DigestClient } from '../support/digest-client.js';

const TIMEOUT_MS = 300_000;
const PASSWORD = 'a-password-of-the-demo';
const [ssp1, ssp2] = ['iana-en:111', 'iana-en:222'] as const;
const TIME = String.raw`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z`;
let demo: Demo;

beforeAll(async () => {
  demo = await startDemo(PASSWORD);
}, TIMEOUT_MS);
afterAll(() => demo.close(), TIMEOUT_MS);

async function command(...args: string[]) {
  const { code, out, err } = await sppp(demo.installation, ['agreement', ...args], demo.settings);
  return { code, lines: out.trimEnd().split('\n'), err };
}
const add = (...args: string[]) => command('add', ...args, '--on-behalf-of', 'Ann, SSP1');

describe.sequential('sppp agreement', { timeout: TIMEOUT_MS }, () => {
  it('add makes an agreement, which its recipient sees, and records who asked for it', async () => {
    const { code, lines } = await add(ssp1, ssp2, '--pattern', 'INGRESS_*');
    expect(code).toBe(0);
    const line = `agreement 1: ${ssp1} accepts offers of ${ssp2}, groups INGRESS_\\*, from ${TIME} by Ann, SSP1`;
    expect(lines).toEqual([expect.stringMatching(new RegExp(`^${line}$`))]);
    const recipient = new DigestClient({ username: 'ssp1', password: PASSWORD });
    const { text } = await recipient.send(new URL('/agreements', demo.serving.url).href, { method: 'GET' });
    expect(JSON.parse(text)).toMatchObject({ agreements: [{ id: 1, pattern: 'INGRESS_*', createdRegistrar: null }] });
  });

  it('list prints those in force, remove withdraws one, and list --all still has it', async () => {
    expect(await add(ssp1, ssp2)).toMatchObject({ code: 0 });
    expect((await command('list', ssp1)).lines).toHaveLength(2);
    const { code, lines } = await command('remove', '2', '--on-behalf-of', 'Ben', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(lines.join('\n'))).toEqual({
      ...{ id: 2, offeredTo: ssp1, offeredBy: ssp2, pattern: null },
      ...{ createdAt: expect.stringMatching(TIME), createdBy: 'Ann, SSP1', createdRegistrar: null },
      ...{ withdrawnAt: expect.stringMatching(TIME), withdrawnBy: 'Ben', withdrawnRegistrar: null },
    });
    expect((await command('list')).lines).toHaveLength(1);
    const all = JSON.parse((await command('list', ssp1, '--all', '--json')).lines.join('\n'));
    expect(all.map(({ id }: { id: number }) => id)).toEqual([1, 2]);
    expect(await command('list', ssp2)).toMatchObject({ code: 0, lines: ['no agreements'] });
  });

  it.each([
    [['add', ssp1, ssp2], /--on-behalf-of/],
    [['add', ssp1, ssp2, '--on-behalf-of', ' '], /1 to 255 characters/],
    [['add', ssp1, 'iana-en:999', '--on-behalf-of', 'Ann'], /offeredBy iana-en:999: an organization of the registry/],
    [['add', ssp1, ssp1, '--on-behalf-of', 'Ann'], /offeredBy iana-en:111: another organization than offeredTo/],
    [['add', ssp1, ssp2, '--pattern', '', '--on-behalf-of', 'Ann'], /pattern : 0 characters, not 1 to 80/],
    [['remove', 'x', '--on-behalf-of', 'Ann'], /a number as sppp agreement list prints it/],
    [['remove', '99', '--on-behalf-of', 'Ann'], /agreement 99: not known/],
  ])('%j is refused', async (args, err) => {
    expect(await command(...args)).toMatchObject({ code: 1, err: expect.stringMatching(err) });
  });
});
