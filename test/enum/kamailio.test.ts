/**
 * Calls routed by Kamailio's enum module (Debian: kamailio). Its resolver asks port 53 of the servers in resolv.conf, so it
 * gets a resolv.conf of its own in a mount namespace, and we listen at port 53 of a loopback address: that needs root
 * and Linux. Without them, or without Kamailio, this file is skipped.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { b, expectDone, ref, sedGrp } from '../support/carrier.js';
import { exchangeUdp } from '../support/dns-client.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';
import { destGrp, obj, tn } from '../support/message.js';
import { egrRte, ingress, offer, offerKey, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

function obstacle(): string | undefined {
  if (spawnSync('kamailio', ['-v']).error !== undefined) return 'there is no kamailio (Debian: kamailio)';
  const namespace = spawnSync('unshare', ['--mount', 'mount', '--bind', '/etc/resolv.conf', '/etc/resolv.conf']);
  return namespace.status === 0 ? undefined : 'no mount namespace can be made here (root on Linux can)';
}
const reason = obstacle();
if (reason !== undefined) process.stderr.write(`test/enum/kamailio.test.ts is skipped: ${reason}\n`);

describe.skipIf(reason !== undefined)('Kamailio', () => {
  let server: TestServer;
  let dns: TestEnum;
  let folder: string;
  let proxy: ChildProcess;
  let port: number;

  beforeAll(async () => {
    server = await startServer();
    const address = `127.53.${randomBytes(1)[0]}.${randomBytes(1)[0]}`;
    dns = await startEnum(server.deps.database.pool, {
      SPPP_ENUM_LISTEN: `iana-en:111=${address}:53`,
      SPPP_ENUM_APEXES: 'peer.registry.example',
    });
    folder = await mkdtemp(join(tmpdir(), 'sppp-kamailio-'));
    port = await freePort();
    const config = await readFile(new URL('kamailio.cfg', import.meta.url), 'utf8');
    const [resolver, settings] = [join(folder, 'resolv.conf'), join(folder, 'kamailio.cfg')];
    await writeFile(resolver, `nameserver ${address}\n`);
    await writeFile(settings, config.replace('PORT', String(port)));
    const inside = 'mount --bind "$1" /etc/resolv.conf && exec kamailio -f "$2" -w "$3" -Y "$3"';
    proxy = spawn('unshare', ['--mount', 'sh', '-c', inside, 'sh', resolver, settings, folder], { stdio: 'ignore' });
    await provision();
    while (!(await call('+1')).startsWith('SIP/2.0 404')) {
      if (proxy.exitCode !== null) throw new Error(`kamailio ended with ${proxy.exitCode}`);
    }
  }, 180_000);
  afterAll(async () => {
    if (proxy !== undefined && proxy.exitCode === null) {
      const ended = once(proxy, 'exit');
      proxy.kill('SIGTERM');
      await ended;
    }
    await dns?.close();
    await server?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  async function provision(): Promise<void> {
    const target = party(server, 'ssp2r');
    const naptr = (name: string, host: string) =>
      obj(
        'NAPTRType',
        `${b('sedName', name)}${b('isInSvc', true)}<b:order>10</b:order>${b('flags', 'u')}${b('svcs', 'E2U+sip')}` +
          b('regx', b('ere', '^\\+(.*)$') + b('repl', `sip:+\\1@${host}`)),
      );
    const group = (name: string, ...references: string[]) =>
      obj('SedGrpType', sedGrp(`SG_${name}`, references.join('') + b('dgName', `DG_${name}`)));
    expectDone(
      await target.add(
        ...['TWO', 'HIDDEN', 'EGRESS'].map((name) => destGrp(`DG_${name}`)),
        tn('+12015550100', ['DG_TWO']),
        tn('+12015550101', ['DG_HIDDEN']),
        tn('+12015550102', ['DG_EGRESS']),
        naptr('FIRST', 'first.ssp2.example'),
        naptr('SECOND', 'second.ssp2.example'),
        group('TWO', ref('SECOND', 20), ref('FIRST', 10)),
        group('HIDDEN', ref('FIRST', 10)),
        group('EGRESS', ref('FIRST', 10)),
        ...['TWO', 'HIDDEN', 'EGRESS'].map((name) => offer(`SG_${name}`, 'iana-en:111')),
      ),
    );
    const origin = party(server, 'ssp1');
    expectDone(await origin.accept(offerKey('SG_TWO', 'iana-en:111'), offerKey('SG_EGRESS', 'iana-en:111')));
    const route = egrRte('VIA_SBE', ingress('SG_EGRESS')).replace('<b:repl>\\1<', '<b:repl>\\1;via=sbe1<');
    expectDone(await origin.add(route));
  }

  /** The answer of the proxy to a call for the number. */
  async function call(number: string): Promise<string> {
    const id = randomBytes(6).toString('hex');
    const invite = [
      `INVITE sip:${number}@127.0.0.1:${port} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK${id};rport`,
      `From: <sip:caller@ssp1.example>;tag=${id}`,
      `To: <sip:${number}@ssp1.example>`,
      `Call-ID: ${id}@ssp1.example`,
      'CSeq: 1 INVITE',
      'Contact: <sip:caller@127.0.0.1:9>',
      'Max-Forwards: 70',
      'Content-Length: 0',
    ];
    const at = { address: '127.0.0.1', port, family: 'IPv4' };
    const answer = await exchangeUdp(at, Buffer.from(`${invite.join('\r\n')}\r\n\r\n`), { patience: 1000 });
    return answer?.toString() ?? '';
  }

  it('tries the routes in their order', async () => {
    const answer = await call('+12015550100');
    expect(answer).toContain('SIP/2.0 302 Found');
    expect(answer).toMatch(/^X-Route: sip:\+12015550100@first\.ssp2\.example\r$/m);
    expect(answer).toMatch(/^X-Branches: .*sip:\+12015550100@second\.ssp2\.example/m);
  });

  it('has no route to a number that was offered and not accepted, nor to an unknown number', async () => {
    expect(await call('+12015550101')).toContain('SIP/2.0 404');
    expect(await call('+12015550199')).toContain('SIP/2.0 404');
  });

  it('uses the asker’s egress route', async () => {
    expect(await call('+12015550102')).toMatch(/^X-Route: sip:\+12015550102@first\.ssp2\.example;via=sbe1\r$/m);
  });
});

async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
