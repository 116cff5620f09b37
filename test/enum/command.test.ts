/** `sppp enum` in a process of its own, beside a registry of its own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Installation, install, Serving, sppp } from '../support/command-line.js';
import { askTcp, askUdp, NOERROR, NXDOMAIN, REFUSED } from '../support/dns-client.js';

let installation: Installation;
let settings: Record<string, string>;
beforeAll(async () => {
  installation = await install();
  settings = { SPPP_DATA_DIR: await mkdtemp(join(tmpdir(), 'sppp-enum-')) };
  expect(await sppp(installation, ['follow', '--create', '--position', 'iana-en:111'], settings)).toMatchObject({
    code: 0,
  });
  expect(await sppp(installation, ['org', 'add', 'iana-en:111'], settings)).toMatchObject({ code: 0 });
}, 120_000);
afterAll(async () => {
  await installation.remove();
  await rm(settings.SPPP_DATA_DIR ?? '', { recursive: true, force: true, maxRetries: 20 });
}, 120_000);

it('prints its addresses, answers, logs its counts, and ends on a signal', async () => {
  const serving = await Serving.start(installation, ['enum'], {
    ...settings,
    SPPP_ENUM_LISTEN: 'iana-en:111=127.0.0.1:0 127.0.0.1:0',
    SPPP_ENUM_APEXES: 'e164.arpa peer.example',
  });
  const ports = [...serving.out.matchAll(/^listening dns:\/\/127\.0\.0\.1:(\d+)$/gm)].map(([, port]) => Number(port));
  expect(serving.out).toMatch(/^apex e164\.arpa\napex peer\.example\nlistening /);
  expect(serving.url).toBe(`dns://127.0.0.1:${ports[0]}`);
  const [known, unknown] = ports.map((port) => ({ address: '127.0.0.1', port, family: 'IPv4' }));
  if (known === undefined || unknown === undefined) throw new Error('not two listeners');
  expect((await askUdp(known, 'peer.example', { type: 'SOA' })).rcode).toBe(NOERROR);
  expect((await askTcp(known, '1.1.1.1.1.1.1.e164.arpa')).rcode).toBe(NXDOMAIN);
  expect((await askUdp(unknown, '1.e164.arpa')).rcode).toBe(REFUSED);
  expect(await serving.end('SIGTERM')).toBe(0);
  expect(serving.err).toContain('"queries":3,"found":0,"referred":0,"noData":0,"noName":1,"refused":1');
}, 120_000);

it('refuses to start with invalid settings, and names them', async () => {
  const refused = await sppp(installation, ['enum'], { ...settings, SPPP_ENUM_APEXES: '..' });
  expect(refused).toEqual({
    code: 1,
    out: '',
    err: 'sppp: SPPP_ENUM_APEXES=..: a domain name, or rn= and one\n',
  });
  const taken = await sppp(installation, ['enum'], { ...settings, SPPP_ENUM_LISTEN: '192.0.2.1:5300' });
  expect([taken.code, taken.err]).toEqual([1, expect.stringContaining('EADDRNOTAVAIL')]);
}, 120_000);
