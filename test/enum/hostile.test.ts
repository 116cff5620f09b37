/** No packet stops the server, and no answer is longer than its limit. */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOrganization } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { createDatabase } from '../support/database.js';
import {
  askTcp,
  askUdp,
  exchangeUdp,
  FORMERR,
  framed,
  NOERROR,
  NOTAUTH,
  question,
  readDns,
  SERVFAIL,
  TcpConversation,
} from '../support/dns-client.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';
import { signed } from '../support/tsig.js';
import '../support/long-timeouts.js';

const secret = Buffer.alloc(32, 3);
let dns: TestEnum;
let pool: pg.Pool;
let close: () => Promise<void>;

beforeAll(async () => {
  const { url, drop } = await createDatabase();
  const database = await openDatabase(url, { maxConnections: 2, durable: false });
  pool = database.pool;
  await addOrganization(database.prisma, 'iana-en:111', '');
  dns = await startEnum(database.pool, { SPPP_ENUM_KEYS: `iana-en:111=hmac-sha256:k:${secret.toString('base64')}` });
  close = async () => {
    await dns.close();
    await database.close();
    await drop();
  };
});
afterAll(() => close());

const alive = async () => {
  expect((await askUdp(dns.at, 'e164.arpa', { type: 'SOA' })).rcode).toBe(NOERROR);
  expect((await askTcp(dns.at, 'e164.arpa', { type: 'SOA' })).rcode).toBe(NOERROR);
};

/** A header with these counts, before anything. */
function packet(counts: readonly [number, number, number, number], rest: Uint8Array, flags = 0): Buffer {
  const header = Buffer.alloc(12);
  header.writeUInt16BE(0x4242, 0);
  header.writeUInt16BE(flags, 2);
  counts.forEach((count, index) => {
    header.writeUInt16BE(count, 4 + 2 * index);
  });
  return Buffer.concat([header, rest]);
}
const tail = Buffer.from([0, 35, 0, 1]);
const name = Buffer.from('\x011\x04e164\x04arpa\x00', 'latin1');
const asked = Buffer.concat([name, tail]);
const opt = (data: readonly number[]) =>
  Buffer.from([0, 0, 41, 4, 0, 0, 0, 0, 0, data.length >> 8, data.length & 255, ...data]);

const malformed: readonly (readonly [string, Buffer])[] = [
  ['no question', packet([0, 0, 0, 0], Buffer.alloc(0))],
  ['two questions', packet([2, 0, 0, 0], Buffer.concat([asked, asked]))],
  ['a question that is not there', packet([1, 0, 0, 0], Buffer.alloc(0))],
  ['a question without its class', packet([1, 0, 0, 0], asked.subarray(0, -1))],
  ['a name that does not end', packet([1, 0, 0, 0], Buffer.from([3, 0x61, 0x62, 0x63]))],
  ['a label beyond the end', packet([1, 0, 0, 0], Buffer.from([63, 0x61]))],
  ['a pointer to itself', packet([1, 0, 0, 0], Buffer.from([0xc0, 12, ...tail]))],
  ['pointers to each other', packet([1, 0, 0, 0], Buffer.from([0xc0, 14, 0xc0, 12, ...tail]))],
  ['a pointer into the header', packet([1, 0, 0, 0], Buffer.from([0xc0, 0, ...tail]))],
  ['a pointer beyond the end', packet([1, 0, 0, 0], Buffer.from([0xff, 0xff, ...tail]))],
  ['a label of a kind that there is not', packet([1, 0, 0, 0], Buffer.from([0x41, 0x61, 0, ...tail]))],
  [
    'a name of 256 bytes',
    packet([1, 0, 0, 0], Buffer.from([...Array(127).fill([1, 0x31]).flat(), 1, 0x31, 0, ...tail])),
  ],
  ['counts as large as can be', packet([0xffff, 0xffff, 0xffff, 0xffff], asked)],
  ['one question and as many additionals', packet([1, 0, 0, 0xffff], asked)],
  ['answers', packet([1, 1, 0, 0], asked)],
  ['bytes behind the end', packet([1, 0, 0, 0], Buffer.concat([asked, Buffer.alloc(40_000, 0xc0)]))],
  ['an additional that is not there', packet([1, 0, 0, 1], asked)],
  [
    'an OPT whose data is not there',
    packet([1, 0, 0, 1], Buffer.concat([asked, opt([]).subarray(0, -2), Buffer.from([1, 0])])),
  ],
  ['an OPT with an option beyond its end', packet([1, 0, 0, 1], Buffer.concat([asked, opt([0, 10, 255, 255])]))],
  ['an additional that points to itself', packet([1, 0, 0, 1], Buffer.concat([asked, Buffer.from([0xc0, 28, 0, 41])]))],
  ...overlong(),
];

/** A TSIG record with names over the maximum length. */
function overlong(): (readonly [string, Buffer])[] {
  const fields = Buffer.alloc(16);
  const high = (labels: number, last = 0) =>
    Buffer.from([
      ...Array(labels)
        .fill([63, ...Array(63).fill(0xff)])
        .flat(),
      ...Array(last).fill([1, 0xff]).flat(),
      0,
    ]);
  const record = (name: Uint8Array, algorithm: Uint8Array) => {
    const data = Buffer.concat([algorithm, fields]);
    const head = Buffer.from([0, 250, 0, 255, 0, 0, 0, 0, data.length >> 8, data.length & 255]);
    return packet([1, 0, 0, 1], Buffer.concat([asked, name, head, data]));
  };
  return [
    ['a TSIG with an algorithm of 33,000 bytes', record(Buffer.from([0]), high(512))],
    ['a TSIG with an algorithm of 257 bytes', record(Buffer.from([0]), high(3, 32))],
    ['a TSIG with a key of 257 bytes', record(high(4), Buffer.from([0]))],
    ['a TSIG with a key in which a label is too long', record(Buffer.from([64, ...Array(64).fill(97), 0]), high(0))],
    ['a TSIG with an algorithm that points', record(Buffer.from([0]), Buffer.from([0xc0, 12]))],
  ];
}

describe('a malformed packet', () => {
  it.each(malformed)('%s: a header with FORMERR, over UDP and TCP', async (_, bytes) => {
    const expected = Buffer.from([0x42, 0x42, 0x80, FORMERR, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(await exchangeUdp(dns.at, bytes)).toEqual(expected);
    if (bytes.length > 4096) return;
    const conversation = await TcpConversation.open(dns.at);
    conversation.send(bytes, bytes);
    expect((await conversation.take(2)).map((answer) => answer.bytes)).toEqual([expected, expected]);
    conversation.close();
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['less than a header', Buffer.alloc(11, 1)],
    ['an answer', packet([1, 0, 0, 0], asked, 0x8000)],
    ['an answer of another operation', packet([1, 0, 0, 0], asked, 0xa000)],
  ])('%s: no answer, so that two servers never answer each other', async (_, bytes) => {
    expect(await exchangeUdp(dns.at, bytes, { patience: 150 })).toBeUndefined();
  });
});

it('an unknown option may hold any bytes', async () => {
  for (const data of [
    [0, 8, 0, 0],
    [0, 14, 0, 1, 0],
  ]) {
    const answer = (await exchangeUdp(dns.at, packet([1, 0, 0, 1], Buffer.concat([asked, opt(data)])))) as Buffer;
    expect(readDns(answer).rcode).toBe(NOERROR);
  }
});

describe('a client without one of the keys', () => {
  /** A question with a TSIG that has these names in wire form. */
  function claim(questionName: Buffer, key: Uint8Array, algorithm: Uint8Array, time = 0): Buffer {
    const data = Buffer.concat([algorithm, Buffer.alloc(6, time), Buffer.alloc(10)]);
    const record = [key, Buffer.from([0, 250, 0, 255, 0, 0, 0, 0, data.length >> 8, data.length & 255]), data];
    return packet([1, 0, 0, 1], Buffer.concat([questionName, tail, ...record]));
  }
  const labels = (count: number, octet: number) =>
    Array(count)
      .fill([63, ...Array(63).fill(octet)])
      .flat();
  const longest = Buffer.from([...labels(3, 0xff), 61, ...Array(61).fill(0xff), 0]);
  const sha256 = Buffer.from('\x0bhmac-sha256\0', 'latin1');

  it.each([
    ['an algorithm of octets that are no text', claim(name, Buffer.from([0]), longest)],
    ['a key of octets that are no text', claim(name, longest, sha256)],
    ['a key that points to a long question', claim(longest, Buffer.from([0xc0, 12]), sha256)],
    ['a key that points into a long question', claim(longest, Buffer.from([1, 0x61, 0xc0, 76]), sha256)],
    ['both, and a long algorithm', claim(longest, Buffer.from([0xc0, 12]), longest)],
    ['the name of a key', claim(name, Buffer.from([1, 0x6b, 0]), sha256)],
  ])('gets no more bytes than it sent, over UDP and over TCP: %s', async (_, bytes) => {
    const over = (await exchangeUdp(dns.at, bytes)) as Buffer;
    const conversation = await TcpConversation.open(dns.at);
    conversation.send(bytes);
    const [answer] = await conversation.take(1);
    conversation.close();
    expect(over).toEqual(answer?.bytes);
    expect([answer?.rcode, over.length <= bytes.length, over.length <= 512]).toEqual([NOTAUTH, true, true]);
  });

  it('gets the reason for a wrong signature, in no more bytes than it sent', async () => {
    const bytes = claim(name, Buffer.from([1, 0x6e, 0]), longest);
    const { packet: answer } = readDns((await exchangeUdp(dns.at, bytes)) as Buffer);
    const record = answer.additionals?.at(-1);
    if (record?.type !== 'TSIG') throw new Error('no TSIG');
    // The answer has the same bytes of the algorithm.
    expect([record.name, record.data.subarray(0, longest.length)]).toEqual(['n', longest]);
  });
});

it('no failure in the server ends a listener', async () => {
  let isBroken = false;
  const broken = await startEnum(
    pool,
    { SPPP_ENUM_KEYS: `iana-en:111=hmac-sha256:k:${secret.toString('base64')}` },
    () => {
      if (isBroken) throw new Error('no clock');
      return new Date();
    },
  );
  isBroken = true;
  const time = Math.floor(Date.now() / 1000);
  const bytes = signed(question('e164.arpa', { id: 7 }), { name: 'k', algorithm: 'hmac-sha256', secret, time });
  const expected = Buffer.from([0, 7, 0x80, SERVFAIL, 0, 0, 0, 0, 0, 0, 0, 0]);
  expect(await exchangeUdp(broken.at, bytes)).toEqual(expected);
  const conversation = await TcpConversation.open(broken.at);
  conversation.send(bytes, bytes);
  expect((await conversation.take(2)).map((answer) => answer.bytes)).toEqual([expected, expected]);
  conversation.close();
  expect((await askUdp(broken.at, 'e164.arpa', { type: 'SOA' })).rcode).toBe(NOERROR);
  expect(broken.counts.failed).toBe(3);
  await broken.close();
});

describe('10,000 packets', () => {
  /** Deterministic, so that a failure can be reproduced. */
  function randomness(seed: number) {
    let state = seed;
    return (below: number) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
  }

  function hostile(random: (below: number) => number): Buffer {
    const seeds = [
      question('0.0.1.0.5.5.5.1.0.2.1.e164.arpa', { edns: {} }),
      signed(question('1.e164.arpa'), {
        name: 'k',
        algorithm: 'hmac-sha256',
        secret,
        time: Math.floor(Date.now() / 1000),
      }),
      ...malformed.map(([, bytes]) => bytes.subarray(0, 600)),
    ];
    const kind = random(4);
    if (kind === 0) return Buffer.from(Array.from({ length: random(300) }, () => random(256)));
    const bytes = Buffer.from(seeds[random(seeds.length)] as Buffer);
    for (let times = random(8); times > 0; times--) bytes[random(bytes.length)] = random(256);
    if (kind === 1) return bytes.subarray(0, random(bytes.length + 1));
    // Most of these pass the first check: one question, a few additionals.
    if (kind === 2) packet([1, 0, random(2), random(5)], Buffer.alloc(0)).copy(bytes);
    return bytes;
  }

  it('of random bytes over UDP: the server runs on and answers other clients, and no answer exceeds its limit', async () => {
    const random = randomness(20_261_125);
    const socket = createSocket('udp4');
    socket.bind(0);
    await once(socket, 'listening');
    let largest = 0;
    let answers = 0;
    socket.on('message', (bytes) => {
      largest = Math.max(largest, bytes.length);
      answers++;
    });
    const before = dns.counts.queries;
    for (let sent = 0; sent < 10_000; ) {
      for (let burst = 0; burst < 100; burst++, sent++) socket.send(hostile(random), dns.at.port, dns.at.address);
      await delay(1);
      const { queries } = dns.counts;
      if (sent % 2000 === 0) await alive();
      expect(queries).toBeGreaterThanOrEqual(before);
    }
    await expect.poll(() => dns.counts.queries - before, { timeout: 20_000 }).toBeGreaterThan(9000);
    await alive();
    socket.close();
    expect(answers).toBeGreaterThan(3000);
    expect(largest).toBeLessThanOrEqual(1232);
    expect(dns.counts.failed).toBe(0);
  }, 180_000);

  it('of random bytes over TCP: the server runs on and answers other clients', async () => {
    const random = randomness(7);
    for (let connections = 0; connections < 100; connections++) {
      const conversation = await TcpConversation.open(dns.at);
      for (let sent = 0; sent < 20; sent++) {
        const bytes = hostile(random);
        conversation.socket.write(random(5) === 0 ? bytes : framed(bytes));
      }
      if (random(2) === 0) conversation.socket.end();
      else conversation.close();
    }
    await alive();
    expect(dns.counts.failed).toBe(0);
  }, 180_000);
});

describe('a client that does not read', () => {
  it('gets a bounded number of answers, and is disconnected', async () => {
    const conversation = await TcpConversation.open(dns.at);
    conversation.socket.pause();
    const many = Buffer.concat(Array.from({ length: 2000 }, () => framed(question('e164.arpa', { type: 'ANY' }))));
    conversation.socket.write(many);
    for (let times = 0; times < 20; times++) conversation.socket.write(many);
    await alive();
    conversation.close();
    await alive();
  });
});
