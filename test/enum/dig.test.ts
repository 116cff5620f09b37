/** TSIG and answers as `dig` of BIND sees them (Debian: bind9-dnsutils); without it this file is skipped. */

import { execFile, spawnSync } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { b, expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
import { enumName } from '../support/dns-client.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';
import { destGrp, obj, tn } from '../support/message.js';
import { offer, offerKey, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

const isThere = spawnSync('dig', ['-v']).error === undefined;
if (!isThere) process.stderr.write('test/enum/dig.test.ts is skipped: there is no dig (Debian: bind9-dnsutils)\n');

const secret = (byte: number, length: number) => Buffer.alloc(length, byte).toString('base64');
const [short, long] = [secret(1, 32), secret(2, 64)];

describe.skipIf(!isThere)('dig', () => {
  let server: TestServer;
  let dns: TestEnum;
  let late: TestEnum;
  const name = enumName('+12015550100', 'peer.registry.example');

  beforeAll(async () => {
    server = await startServer();
    const settings = {
      SPPP_ENUM_LISTEN: 'iana-en:226=127.0.0.1:0',
      SPPP_ENUM_APEXES: 'peer.registry.example',
      SPPP_ENUM_KEYS: `iana-en:111=hmac-sha256:ssp1.key:${short} iana-en:225=hmac-sha512:SSP3.key.:${long}`,
    };
    dns = await startEnum(server.deps.database.pool, settings);
    late = await startEnum(server.deps.database.pool, settings, () => new Date(Date.now() + 3_600_000));
    const target = party(server, 'ssp2r');
    expectDone(
      await target.add(
        destGrp('DG_DIG'),
        tn('+12015550100', ['DG_DIG']),
        obj('URIType', uriRec('REC_DIG', 'sip:\\1@a"b;c!d\\\\.ssp2.example')),
        obj('URIType', uriRec('REC_DIG_3', 'sip:\\1@for3.ssp2.example')),
        obj('SedGrpType', sedGrp('SG_DIG', ref('REC_DIG', 10) + b('dgName', 'DG_DIG'))),
        obj('SedGrpType', sedGrp('SG_DIG_3', ref('REC_DIG_3', 10) + b('dgName', 'DG_DIG'))),
        offer('SG_DIG', 'iana-en:111'),
        offer('SG_DIG_3', 'iana-en:225'),
      ),
    );
    expectDone(await party(server, 'ssp1').accept(offerKey('SG_DIG', 'iana-en:111')));
    expectDone(await party(server, 'ssp3').accept(offerKey('SG_DIG_3', 'iana-en:225')));
  });
  afterAll(async () => {
    await dns?.close();
    await late?.close();
    await server?.close();
  });

  /** The output of dig, whatever its exit code. */
  async function dig({ address, port }: AddressInfo, ...args: string[]): Promise<string> {
    const all = [`@${address}`, '-p', String(port), '+time=5', '+tries=1', '+norecurse', ...args];
    const run = promisify(execFile)('dig', all);
    const { stdout, stderr } = await run.catch((error: { stdout: string; stderr: string }) => error);
    return stdout + stderr;
  }
  const key1 = ['-y', `hmac-sha256:ssp1.key:${short}`];
  const key3 = ['-y', `hmac-sha512:ssp3.key:${long}`];

  it('checks our signature, and gets the data of the key’s organization', async () => {
    const one = await dig(dns.at, ...key1, name, 'NAPTR');
    expect(one).toContain('status: NOERROR');
    expect(one).toContain('"E2U+sip" "!^(.*)$!sip:\\\\1@a\\"b;c\\\\!d\\\\\\\\.ssp2.example!" .');
    expect(one).toMatch(/ssp1\.key\.\s+0\s+ANY\s+TSIG\s+hmac-sha256\. \d+ 300 32 \S+ \d+ NOERROR 0/);
    const three = await dig(dns.at, ...key3, name, 'NAPTR', '+tcp');
    expect(three).toContain('@for3.ssp2.example!');
    expect(three).toMatch(/hmac-sha512\. \d+ 300 64 /);
    for (const output of [one, three]) expect(output).not.toMatch(/warning|could not be validated|failed|mismatch/i);
  });

  it('without a key gets the data of the listener’s asker', async () => {
    const output = await dig(dns.at, name, 'NAPTR');
    expect(output).toContain('status: NXDOMAIN');
    expect(output).toMatch(/^peer\.registry\.example\.\s+60\s+IN\s+SOA\s+ns1\.registry\.example\. hostmaster\.peer/m);
  });

  it('gets negative answers and refusals signed, too', async () => {
    const none = await dig(dns.at, ...key1, enumName('+12015550111', 'peer.registry.example'), 'NAPTR');
    expect(none).toMatch(/status: NXDOMAIN[\s\S]*TSIG\s+hmac-sha256\. \d+ 300 32 \S+ \d+ NOERROR/);
    const refused = await dig(dns.at, ...key1, 'peer.registry.example', 'TKEY', '+noedns');
    expect(refused).toMatch(/status: NOTIMP[\s\S]*TSIG\s+hmac-sha256\. \d+ 300 32 /);
  });

  it('with a wrong key, a wrong secret, or another algorithm gets that reason and no data', async () => {
    const unknown = await dig(dns.at, '-y', `hmac-sha256:nobody.key:${short}`, name, 'NAPTR');
    const wrong = await dig(dns.at, '-y', `hmac-sha256:ssp1.key:${secret(9, 32)}`, name, 'NAPTR');
    const other = await dig(dns.at, '-y', `hmac-sha512:ssp1.key:${short}`, name, 'NAPTR');
    for (const [output, error] of [
      [unknown, 'BADKEY'],
      [wrong, 'BADSIG'],
      [other, 'BADKEY'],
    ] as const) {
      expect(output).toMatch(
        new RegExp(`status: NOTAUTH[\\s\\S]*TSIG\\s+hmac-sha\\d+\\. \\d+ \\d+ 0 +\\d+ ${error} 0`),
      );
      expect(output).not.toContain('sip:');
    }
  });

  it('with a clock that is an hour off gets the server’s time', async () => {
    const output = await dig(late.at, ...key1, name, 'NAPTR');
    expect(output).toMatch(/status: NOTAUTH[\s\S]*TSIG\s+hmac-sha256\. \d+ 300 32 \S+ \d+ BADTIME 6 /);
    expect(output).not.toContain('sip:');
  });

  it('negotiates EDNS', async () => {
    const output = await dig(dns.at, '+edns=7', '+noednsnegotiation', name, 'NAPTR');
    expect(output).toMatch(/status: BADVERS[\s\S]*EDNS: version: 0, flags:; udp: 1232/);
    expect(await dig(dns.at, '+edns=7', name, 'NAPTR')).toContain('status: NXDOMAIN');
    const plain = await dig(dns.at, '+dnssec', '+cookie', '+nsid', '+subnet=192.0.2.0/24', name, 'NAPTR');
    expect(plain).toMatch(/status: NXDOMAIN[\s\S]*EDNS: version: 0, flags: do; udp: 1232/);
  });
});
