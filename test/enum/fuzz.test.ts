/** Nearly valid messages, in process and over real sockets: no listener ends, and no answer exceeds its limit. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { decode } from 'dns-packet';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openLookups } from '../../src/deps.js';
import { Askers } from '../../src/enum/askers.js';
import { Watch } from '../../src/enum/counts.js';
import { Resolver } from '../../src/enum/resolver.js';
import { type Client, Responder } from '../../src/enum/responder.js';
import { readEnumSettings } from '../../src/enum/settings.js';
import { Zone } from '../../src/enum/zone.js';
import { addOrganization } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';

import { createDatabase } from '../support/database.js';
import { askTcp, askUdp, framed, NOERROR, TcpConversation } from '../support/dns-client.js';
import { dnsMessages } from '../support/dns-fuzz.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';
import '../support/long-timeouts.js';
import { factor, runs } from '../support/runs.js';

const UDP_BYTES = 600;
/** Of a datagram of IPv4. */
const MAX_UDP_BYTES = 65_507;
const key = { name: 'peer1.key', secret: Buffer.alloc(32, 3) };
const now = new Date(1_900_000_000_000);
const messages = dnsMessages(key, now.getTime() / 1000);
const environment = {
  SPPP_ENUM_LISTEN: '127.0.0.1:0 iana-en:111=127.0.0.1:0',
  SPPP_ENUM_KEYS: `iana-en:111=hmac-sha256:${key.name}:${key.secret.toString('base64')}`,
  SPPP_ENUM_UDP_BYTES: String(UDP_BYTES),
  SPPP_ENUM_NAME_SERVERS: 'ns1.registry.example ns2.registry.example',
};

let dns: TestEnum;
let responder: Responder;
let watch: Watch;
let close: () => Promise<void>;

beforeAll(async () => {
  const { url, drop } = await createDatabase();
  const database = await openDatabase(url, { maxConnections: 2, durable: false });
  await addOrganization(database.prisma, 'iana-en:111', '');
  dns = await startEnum(database.pool, environment, () => now);
  const settings = readEnumSettings(environment);
  const caches = { answerBytes: 1_000_000, numberBytes: 1_000_000 };
  const lookups = openLookups(
    { lookup: { connections: 2, timeout: 10_000, maxAge: 60_000, caches } },
    database,
    () => undefined,
  );
  watch = new Watch({
    leftOut: () => undefined,
    failed: (error) => {
      throw error;
    },
  });
  responder = new Responder({
    ...{ settings, watch, askers: new Askers(settings), zone: new Zone(settings, now), clock: () => now },
    resolver: new Resolver(lookups, database.pool, settings),
  });
  close = async () => {
    await dns.close();
    await lookups.close();
    await database.close();
    await drop();
  };
});
afterAll(() => close());

/** Bytes of the MAC of a signed answer; 0 if the answer is not signed. */
function macBytes(answer: Buffer): number {
  const last = decode(answer).additionals?.at(-1);
  if (last?.type !== 'TSIG') return 0;
  let at = 0;
  while (last.data[at] !== 0) at += 1 + (last.data[at] ?? 0);
  return last.data.readUInt16BE(at + 9);
}

/** The faults of an answer, for any question. */
function faultOf(question: Buffer, answer: Buffer, { transport, asker }: Pick<Client, 'transport' | 'asker'>) {
  decode(answer); // by an independent decoder
  if (decode.bytes !== answer.length) return 'bytes behind the end';
  if (answer.readUInt16BE(0) !== question.readUInt16BE(0)) return 'another id';
  if ((answer.readUInt16BE(2) & 0x8000) === 0) return 'no answer';
  if (transport === 'udp' && answer.length > UDP_BYTES) return `${answer.length} bytes over UDP`;
  const isKnown = asker !== undefined || macBytes(answer) > 0;
  return !isKnown && answer.length > question.length ? `${answer.length} bytes for ${question.length}` : undefined;
}

describe('in process', () => {
  it('every message except an answer gets an answer, within limits, and nothing fails', {
    timeout: 120_000 * factor,
  }, async () => {
    const clients = fc.record({
      address: fc.constantFrom('192.0.2.1', '2001:db8::1'),
      transport: fc.constantFrom('udp' as const, 'tcp' as const),
      // Only a few questions reach the registry, which takes the most time.
      asker: fc.oneof(
        { weight: 9, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: fc.constant('iana-en:111') },
      ),
    });
    const property = fc.asyncProperty(messages, clients, async (message, client) => {
      const answer = await responder.answer(message, client);
      const isMessage = message.length >= 12 && ((message[2] ?? 0) & 0x80) === 0;
      expect(answer !== undefined).toBe(isMessage);
      if (answer !== undefined) expect(faultOf(message, answer, client)).toBeUndefined();
    });
    await fc.assert(property, runs(10_000));
    // Enough messages are valid to reach every part.
    const { queries, failed, malformed, refused, noName } = watch.counts;
    expect(failed).toBe(0);
    expect(Math.min(malformed, refused)).toBeGreaterThan(queries / 10);
    expect(noName).toBeGreaterThan(0);
  });
});

describe('over sockets', () => {
  const alive = async (at: AddressInfo) => {
    expect((await askUdp(at, 'e164.arpa', { type: 'SOA' })).rcode).toBe(NOERROR);
    expect((await askTcp(at, 'e164.arpa', { type: 'SOA' })).rcode).toBe(NOERROR);
  };

  it.each([
    ['unknown', 0],
    ['known', 1],
  ])(
    'UDP, to a listener where whoever asks is %s',
    async (_, listener) => {
      const at = dns.addresses[listener] as AddressInfo;
      const asker = listener === 0 ? undefined : 'iana-en:111';
      const socket = createSocket('udp4');
      socket.bind(0, '127.0.0.1');
      await once(socket, 'listening');
      const sent = new Map<number, Buffer>();
      const faults: string[] = [];
      let answers = 0;
      socket.on('message', (answer) => {
        answers++;
        const question = sent.get(answer.readUInt16BE(0));
        const fault = question === undefined ? 'no question' : faultOf(question, answer, { transport: 'udp', asker });
        if (fault !== undefined) faults.push(`${fault}: ${question?.toString('hex')}`);
      });
      const before = dns.counts.queries;
      const datagrams = messages.filter(({ length }) => length <= MAX_UDP_BYTES);
      let waiting = 0;
      for (const [id, message] of fc
        .sample(datagrams, { numRuns: 1500 * factor, seed: 20_261_129 + listener })
        .entries()) {
        if (message.length >= 2) message.writeUInt16BE(id, 0);
        sent.set(id, message);
        socket.send(message, at.port, at.address);
        waiting += message.length;
        // No more at once than the socket buffers hold, because lost datagrams test nothing.
        if (waiting < 50_000 && id % 50 < 49) continue;
        waiting = 0;
        await expect.poll(() => dns.counts.queries - before, { interval: 5, timeout: 30_000 }).toBe(id + 1);
      }
      await alive(dns.addresses[1] as AddressInfo);
      socket.close();
      expect(faults).toEqual([]);
      expect(answers).toBeGreaterThan(700);
      expect(dns.counts.failed).toBe(0);
    },
    120_000,
  );

  it('TCP, in pieces, half-closed and cut off', { timeout: 180_000 * factor }, async () => {
    const all = fc.sample(messages, { numRuns: 1000 * factor, seed: 7 });
    const cuts = fc.sample(fc.array(fc.nat(2000), { maxLength: 6 }), { numRuns: 100 * factor, seed: 8 });
    for (const [connection, places] of cuts.entries()) {
      const at = dns.addresses[connection % 2] as AddressInfo;
      const { socket } = await TcpConversation.open(at);
      const ours = all.slice(connection * 10, connection * 10 + 10);
      const bytes = Buffer.concat(ours.map((message) => (message.length % 31 === 0 ? message : framed(message))));
      let start = 0;
      for (const end of [...places.sort((a, b) => a - b), bytes.length]) {
        if (!socket.writable) break;
        await new Promise((resolve) => socket.write(bytes.subarray(start, end), resolve));
        start = Math.max(start, end);
      }
      if (connection % 3 === 0) socket.end();
      else if (connection % 3 === 1) socket.resetAndDestroy();
      else socket.destroy();
    }
    await alive(dns.addresses[1] as AddressInfo);
    expect(dns.counts.failed).toBe(0);
  });
});
