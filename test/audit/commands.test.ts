/** `sppp grant`, `sppp transaction` and `sppp history` beside a running server. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, objKey, readAnswer } from '../support/message.js';

const TIMEOUT_MS = 120_000;
const [rar, rant] = ['iana-en:226', 'iana-en:222'];
const settings: Record<string, string> = { SPPP_PORT: '0', SPPP_DEMO_PASSWORD: 'demo-password-5b7d' };
const client = new DigestClient({ username: 'ssp2r', password: 'demo-password-5b7d' });
let installation: Installation;
let demo: Serving;

beforeAll(async () => {
  installation = await install();
  settings.SPPP_DATA_DIR = await mkdtemp(join(tmpdir(), 'sppp-commands-'));
  demo = await Serving.start(installation, ['demo'], settings);
}, TIMEOUT_MS);
afterAll(async () => {
  await demo.end('SIGINT');
  await installation.remove();
  await rm(settings.SPPP_DATA_DIR ?? '', { recursive: true, force: true, maxRetries: 20 });
}, TIMEOUT_MS);

const run = (...args: string[]) => sppp(installation, args, settings);

async function post(body: string) {
  const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body };
  return readAnswer((await client.send(demo.url ?? '', sent)).text);
}

describe('sppp grant', () => {
  it('adds, shows and removes grants', { timeout: TIMEOUT_MS }, async () => {
    const add = [
      'grant',
      'add',
      rar,
      rant,
      '--noun',
      'PubId',
      '--noun',
      'DestGrp',
      '--span',
      '1202',
      '--span',
      '+1300-1305',
    ];
    expect(await run(...add)).toEqual({ code: 0, err: '', out: `${rar} may act for ${rant}\n` });
    expect(await run('grant', 'add', rar, rant, '--read-only')).toMatchObject({ code: 0 });
    const { out } = await run('grant', 'show', rar);
    expect(out).toContain(`${rar} for ${rant} (grants `);
    expect(out).toMatch(/PubId +1202 1300-1305 +1202 1300-1305 +yes/);
    expect(await run('grant', 'remove', rar, rant)).toEqual({ code: 0, err: '', out: '2 grants removed\n' });
    expect((await run('grant', 'show', rar)).out).not.toContain(rant);
    expect((await run('grant', 'show')).out).toContain('iana-en:223 for iana-en:222');
  });

  it.each([
    ['a noun that there is not', ['add', rar, rant, '--noun', 'Number']],
    ['a verb that there is not', ['add', rar, rant, '--verb', 'read']],
    ['a span that is none', ['add', rar, rant, '--span', 'x']],
    ['a number that is no grant’s', ['remove', rar, rar, '--id', '99999']],
    ['an organization that nobody knows', ['show', 'iana-en:404']],
  ])(
    'refuses %s',
    async (_, args) => {
      const { code, out, err } = await run('grant', ...args);
      expect({ code, out }).toEqual({ code: 1, out: '' });
      expect(err).toContain(String(args.at(-1)));
    },
    TIMEOUT_MS,
  );
});

it(
  'sppp transaction and sppp history tell what a carrier asks about',
  async () => {
    const added = String((await post(addRequest(destGrp('Told_Of')))).serverTransId);
    const printed = await run('transaction', added);
    expect(printed).toMatchObject({ code: 0, err: '' });
    expect(printed.out).toContain('last writer of 1 DestGrp');
    expect((await run('transaction', added, '--request')).out).toContain('<b:dgName>Told_Of</b:dgName>');

    const deleted = String((await post(delRequest(objKey('DestGrp', 'TOLD_OF')))).serverTransId);
    expect((await run('transaction', deleted)).out).toContain('deleted        DestGrp told_of of iana-en:222');
    const { out } = await run('history', rant, 'DestGrp', 'told_of');
    const [head, ...lines] = out.trim().split('\n');
    expect(head).toBe('DestGrp told_of of iana-en:222');
    expect(lines.map((line) => line.split('  ')[1] ?? line)).toEqual(['add', 'delete, deleted', 'not there now']);
    expect(out).toContain(added);
    expect(out).toContain(deleted);

    expect(await run('transaction', '01900000-0000-7000-8000-000000000000')).toMatchObject({ code: 1, out: '' });
    expect(await run('transaction', 'x')).toMatchObject({ code: 1, out: '' });
    expect(await run('history', rant, 'Number', '1')).toMatchObject({ code: 1, out: '' });
  },
  TIMEOUT_MS,
);
