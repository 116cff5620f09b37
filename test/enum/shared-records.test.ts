/** Records that are encoded once for many numbers: each answer fits its own question and has the committed data. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { expectDone, ref, sedGrp } from '../support/carrier.js';
import { askTcp, askUdp, type DnsAnswer, enumName, naptrs, question, readDns } from '../support/dns-client.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';
import { destGrp, obj, tn } from '../support/message.js';
import { type Party, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import { dgName, share, sipNaptr } from '../support/sharing.js';
import '../support/long-timeouts.js';

const peer = 'iana-en:111';
const numbers = Array.from({ length: 16 }, (_, index) => `+1415555${1000 + index}`);
const naptrOf = (host: string) => `E2U+sip !^(.*)$!sip:\\1@${host}! .`;
let server: TestServer;
let dns: TestEnum;
let target: Party;

beforeAll(async () => {
  server = await startServer();
  dns = await startEnum(server.deps.database.pool, {
    SPPP_ENUM_LISTEN: `${peer}=127.0.0.1:0`,
    SPPP_ENUM_APEXES: 'e164.arpa private.registry.example',
  });
  target = party(server, 'ssp2r');
  expectDone(
    await target.add(
      destGrp('DG_SHARED'),
      ...numbers.map((number) => tn(number, ['DG_SHARED'])),
      sipNaptr('FIRST', 'one.ssp2.example'),
      sipNaptr('SECOND', 'two.ssp2.example', { order: 20 }),
      obj('SedGrpType', sedGrp('SG_SHARED', ref('FIRST', 10) + ref('SECOND', 20) + dgName('DG_SHARED'))),
    ),
  );
  await share(target, 'SG_SHARED', party(server, 'ssp1'), peer);
});
afterAll(async () => {
  await dns.close();
  await server.close();
});

/** Sends all questions at once, and reads the answers, in the order of the questions. */
async function askAtOnce(questions: readonly Buffer[]): Promise<DnsAnswer[]> {
  const socket = createSocket('udp4');
  socket.connect(dns.at.port, dns.at.address);
  await once(socket, 'connect');
  const answers = new Map<number, Buffer>();
  const all = new Promise<void>((resolve) => {
    socket.on('message', (answer) => {
      answers.set(answer.readUInt16BE(0), answer);
      if (answers.size === questions.length) resolve();
    });
  });
  for (const each of questions) socket.send(each);
  await all;
  socket.close();
  return questions.map((each) => readDns(answers.get(each.readUInt16BE(0)) ?? Buffer.alloc(0)));
}

const asked = (id: number, number: string, apex?: string, ask = {}) => question(enumName(number, apex), { id, ...ask });

it('follow each question as it arrived: id, flags, case and EDNS are its own', async () => {
  const dnssecOk = { edns: { flags: 0x8000 } };
  const questions = numbers.flatMap((number, index) => [
    asked(4 * index, number),
    asked(4 * index + 1, number, 'E164.aRPa', { flags: 0x0100 }),
    asked(4 * index + 2, number, 'e164.arpa', dnssecOk),
    asked(4 * index + 3, number, 'Private.registry.example', { flags: 0x0110, ...dnssecOk }),
  ]);
  for (const [index, { bytes, packet, rcode }] of (await askAtOnce(questions)).entries()) {
    const sent = questions[index] ?? Buffer.alloc(0);
    const questionEnd = sent.indexOf(Buffer.from([0, 35, 0, 1])) + 4;
    expect(bytes.subarray(12, questionEnd)).toEqual(sent.subarray(12, questionEnd));
    expect([bytes.readUInt16BE(0), rcode]).toEqual([index, 0]);
    expect(bytes.readUInt16BE(2)).toBe(0x8400 | (sent.readUInt16BE(2) & 0x0110));
    expect(naptrs({ bytes, packet, rcode })).toEqual(['one.ssp2.example', 'two.ssp2.example'].map(naptrOf));
    expect(packet.additionals?.map((record) => 'flag_do' in record && record.flag_do)).toEqual(
      index % 4 < 2 ? [] : [true],
    );
  }
});

it('are sent if they fit', async () => {
  const long = 'x'.repeat(200);
  expectDone(await target.add(sipNaptr('FIRST', `${long}.example`), sipNaptr('SECOND', `${long}.example`)));
  const name = enumName(numbers[0] ?? '');
  const small = await askUdp(dns.at, name);
  expect([small.packet.flag_tc, small.packet.answers]).toEqual([true, []]);
  const large = await askUdp(dns.at, name, { edns: { size: 1232 } });
  expect([large.packet.flag_tc, naptrs(large)]).toEqual([false, Array(2).fill(naptrOf(`${long}.example`))]);
  expect(naptrs(await askTcp(dns.at, name))).toEqual(naptrs(large));
  expect((await askUdp(dns.at, name)).packet.flag_tc).toBe(true);
});

it('are in every answer those of the last commit', async () => {
  for (const round of [1, 2, 3]) {
    const hosts = [`first${round}.example`, `second${round}.example`];
    const records = hosts.map((host, index) => sipNaptr(['FIRST', 'SECOND'][index] ?? '', host));
    expectDone(await target.add(...records));
    const answers = await askAtOnce(numbers.map((number, index) => asked(index, number)));
    expect(answers.map(naptrs)).toEqual(numbers.map(() => hosts.map(naptrOf)));
  }
});
