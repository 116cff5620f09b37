/** The rules of DNS for a server, independent of the registry's data (RFC 1035, 2181, 2308, 6891, 7766). */

import { setTimeout as delay } from 'node:timers/promises';
import { encode } from 'dns-packet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addOrganization } from '../../src/registry/access/administration.js';
import { openDatabase } from '../../src/registry/connection/database.js';
import { createDatabase } from '../support/database.js';
import {
  askTcp,
  askUdp,
  BADVERS,
  closed,
  exchangeUdp,
  FORMERR,
  NOERROR,
  NOTIMP,
  NXDOMAIN,
  question,
  REFUSED,
  readDns,
  SERVFAIL,
  TcpConversation,
  typesOf,
} from '../support/dns-client.js';
import { startEnum, type TestEnum } from '../support/enum-server.js';

const apex = 'e164.arpa';
const number = '0.0.1.0.5.5.5.1.0.2.1.e164.arpa';
let dns: TestEnum;
let close: () => Promise<void>;

beforeAll(async () => {
  const { url, drop } = await createDatabase();
  const database = await openDatabase(url, { maxConnections: 2, durable: false });
  await addOrganization(database.prisma, 'iana-en:111', '');
  dns = await startEnum(database.pool, {
    SPPP_ENUM_LISTEN: 'iana-en:111=127.0.0.1:0 iana-en:111=[::1]:0 127.0.0.1:0',
    SPPP_ENUM_CONTACT: 'dns.registry.example',
    SPPP_ENUM_NEGATIVE_TTL: '45',
    SPPP_ENUM_TTL: '600',
    SPPP_ENUM_TCP_CONNECTIONS: '4',
    SPPP_ENUM_TCP_IDLE: '400',
  });
  close = async () => {
    await dns.close();
    await database.close();
    await drop();
  };
});
afterAll(() => close());

describe('the apex', () => {
  it('has an SOA, its name servers, and no other records', async () => {
    const soa = await askUdp(dns.at, apex, { type: 'SOA' });
    expect([soa.rcode, soa.packet.flag_aa]).toEqual([NOERROR, true]);
    const data = { mname: 'ns1.registry.example', rname: 'dns.registry.example', minimum: 45 };
    expect(soa.packet.answers).toMatchObject([{ type: 'SOA', name: apex, ttl: 600, data }]);
    const ns = await askUdp(dns.at, 'E164.ARPA', { type: 'NS' });
    expect(ns.packet.answers).toMatchObject([
      { name: 'E164.ARPA', ttl: 600, data: 'ns1.registry.example' },
      { name: 'E164.ARPA', ttl: 600, data: 'ns2.registry.example' },
    ]);
    expect(typesOf((await askUdp(dns.at, apex, { type: 'ANY' })).packet.answers)).toEqual(['SOA', 'NS', 'NS']);
    const none = await askUdp(dns.at, apex, { type: 'NAPTR' });
    expect([none.rcode, typesOf(none.packet.answers), typesOf(none.packet.authorities)]).toEqual([0, [], ['SOA']]);
  });

  it('is in negative answers, with their time to live', async () => {
    const { rcode, packet } = await askUdp(dns.at, number);
    expect([rcode, packet.flag_aa, packet.flag_ra]).toEqual([NXDOMAIN, true, false]);
    expect(packet.authorities).toMatchObject([{ type: 'SOA', name: apex, ttl: 45 }]);
  });
});

describe('names', () => {
  it('that are not numbers do not exist', async () => {
    for (const name of [`12.${apex}`, `a.${apex}`, `1.a.${apex}`, `*.${apex}`, `-.1.${apex}`, `_sip._udp.1.${apex}`]) {
      expect([name, (await askUdp(dns.at, name)).rcode]).toEqual([name, NXDOMAIN]);
    }
  });

  it('with dots inside labels differ from names that look alike', async () => {
    // One label of three bytes, "1.2".
    const bytes = question(`1x2.${apex}`);
    bytes[bytes.indexOf('1x2') + 1] = 0x2e;
    const answer = (await exchangeUdp(dns.at, bytes)) as Buffer;
    expect([(answer[3] ?? 0) & 0xf, answer.subarray(12, bytes.length)]).toEqual([NXDOMAIN, bytes.subarray(12)]);
  });

  it('outside the apexes are refused, even if they end like one', async () => {
    for (const name of ['.', 'arpa', 'example', `x${apex}`, '1.e164.arpa.example']) {
      const { rcode, packet } = await askUdp(dns.at, name);
      expect([name, rcode, packet.flag_aa, typesOf(packet.authorities)]).toEqual([name, REFUSED, false, []]);
    }
  });

  it('come back byte by byte, whatever bytes they have', async () => {
    const bytes = question(`AAAA.1.${apex.toUpperCase()}`);
    Buffer.from([0xff, 0x00, 0xc3, 0x28]).copy(bytes, 13);
    const answer = (await exchangeUdp(dns.at, bytes)) as Buffer;
    expect(answer.subarray(12, bytes.length)).toEqual(bytes.subarray(12));
    expect((answer[3] ?? 0) & 0xf).toBe(NXDOMAIN);
  });

  it('may have the maximum length', async () => {
    const longest = `${'1.'.repeat(122)}${apex}`;
    const { rcode, packet } = await askUdp(dns.at, longest);
    expect([rcode, packet.questions?.[0]?.name]).toEqual([NXDOMAIN, longest]);
  });
});

describe('questions that get no records', () => {
  it('transfers: refused, over TCP too', async () => {
    for (const type of ['AXFR', 'IXFR'] as const) {
      expect((await askUdp(dns.at, apex, { type })).rcode).toBe(REFUSED);
      expect((await askTcp(dns.at, apex, { type })).rcode).toBe(REFUSED);
    }
  });

  it('other classes, other operations and types that no record has: NOTIMP', async () => {
    expect((await askUdp(dns.at, 'version.bind', { class: 'CH', type: 'TXT' })).rcode).toBe(NOTIMP);
    expect((await askUdp(dns.at, apex, { type: 'TKEY' })).rcode).toBe(NOTIMP);
    for (const opcode of [1, 2, 4, 5, 6, 15]) {
      const bytes = question(apex, { id: 7, flags: opcode << 11 });
      expect(await exchangeUdp(dns.at, bytes)).toEqual(
        Buffer.from([0, 7, 0x80 | (opcode << 3), NOTIMP, 0, 0, 0, 0, 0, 0, 0, 0]),
      );
    }
  });

  it('RD and CD come back, AD and the other bits do not', async () => {
    const { bytes } = await askUdp(dns.at, number, { flags: 0x01f0 });
    expect(bytes.readUInt16BE(2)).toBe(0x8000 | 0x0400 | 0x0110 | NXDOMAIN);
  });
});

describe('EDNS', () => {
  it('is answered with EDNS, and a question without it is answered without it', async () => {
    const { packet } = await askUdp(dns.at, number, { edns: { size: 4096, flags: 0x8000 } });
    expect(packet.additionals).toMatchObject([
      { type: 'OPT', name: '.', udpPayloadSize: 1232, ednsVersion: 0, flags: 0x8000, options: [] },
    ]);
    expect((await askUdp(dns.at, number)).packet.additionals).toEqual([]);
  });

  it('of a later version gets the version of the server', async () => {
    const { rcode, packet } = await askUdp(dns.at, number, { edns: { version: 1 } });
    expect([rcode, packet.additionals]).toMatchObject([BADVERS, [{ type: 'OPT', ednsVersion: 0, extendedRcode: 1 }]]);
    expect(packet.answers).toEqual([]);
  });

  it('that is repeated, or has another name than the root, is malformed', async () => {
    const opt = { type: 'OPT', name: '.', udpPayloadSize: 1232, extendedRcode: 0, ednsVersion: 0, flags: 0 } as const;
    const additionals = [
      { ...opt, flag_do: false, options: [] },
      { ...opt, flag_do: false, options: [] },
    ];
    const twice = encode({ type: 'query', id: 1, questions: [{ type: 'NAPTR', name: number }], additionals });
    expect(readDns((await exchangeUdp(dns.at, twice)) as Buffer).rcode).toBe(FORMERR);
    const once = question(number, { edns: {} });
    const named = Buffer.concat([once.subarray(0, -11), Buffer.from([1, 0x61, 0]), once.subarray(-10)]);
    expect(readDns((await exchangeUdp(dns.at, named)) as Buffer).rcode).toBe(FORMERR);
  });

  it('cannot raise the limit of an answer over UDP', async () => {
    const { bytes } = await askUdp(dns.at, number, { edns: { size: 65_535 } });
    expect(bytes.length).toBeLessThanOrEqual(1232);
  });
});

describe('an unknown client', () => {
  it('gets REFUSED for every name, the apex too, in no more bytes than it sent', async () => {
    const at = dns.addresses[2];
    if (at === undefined) throw new Error('no third listener');
    for (const name of [apex, number, 'example']) {
      for (const edns of [undefined, { size: 4096, flags: 0x8000 }]) {
        const bytes = question(name, { type: 'SOA', ...(edns === undefined ? {} : { edns }) });
        const answer = (await exchangeUdp(at, bytes)) as Buffer;
        expect([name, readDns(answer).rcode]).toEqual([name, REFUSED]);
        expect(answer.length).toBeLessThanOrEqual(bytes.length);
      }
    }
  });
});

describe('IPv6', () => {
  it('has a listener that works like that of IPv4', async () => {
    const at = dns.addresses[1];
    if (at === undefined) throw new Error('no second listener');
    expect((await askUdp(at, number)).rcode).toBe(NXDOMAIN);
    expect((await askTcp(at, number)).rcode).toBe(NXDOMAIN);
  });
});

describe('TCP', () => {
  it('accepts many questions at once, and answers each', async () => {
    const conversation = await TcpConversation.open(dns.at);
    const ids = Array.from({ length: 300 }, (_, index) => index + 1);
    conversation.send(...ids.map((id) => question(id % 3 === 0 ? apex : number, { id, type: 'SOA' })));
    const answers = await conversation.take(ids.length);
    expect(answers.map(({ packet }) => packet.id ?? 0).sort((a, b) => a - b)).toEqual(ids);
    for (const { packet, rcode } of answers) expect(rcode).toBe((packet.id ?? 0) % 3 === 0 ? NOERROR : NXDOMAIN);
    conversation.close();
  });

  it('reads a question that arrives byte by byte, and answers before the client ends the connection', async () => {
    const conversation = await TcpConversation.open(dns.at);
    const bytes = question(number);
    for (const byte of Buffer.concat([Buffer.from([0, bytes.length]), bytes])) {
      conversation.socket.write(Buffer.from([byte]));
      await delay(1);
    }
    conversation.socket.end();
    expect(await conversation.take(1)).toHaveLength(1);
    await closed(conversation.socket);
  });

  it('closes an idle connection, and one that does not complete its question', async () => {
    const idle = await TcpConversation.open(dns.at);
    const slow = await TcpConversation.open(dns.at);
    slow.socket.write(Buffer.from([0, 200]));
    const dripping = setInterval(() => slow.socket.write(Buffer.from([0])), 50);
    await Promise.all([closed(idle.socket), closed(slow.socket)]);
    clearInterval(dripping);
  });

  it('closes a connection that announces too many bytes for a question, or sends no question', async () => {
    for (const bytes of [Buffer.from([0xff, 0xff]), Buffer.from([0, 0]), Buffer.from([0, 3, 1, 2, 3])]) {
      const conversation = await TcpConversation.open(dns.at);
      conversation.socket.write(bytes);
      await closed(conversation.socket);
    }
  });

  it('limits the number of connections; UDP still works', async () => {
    const kept = await Promise.all(Array.from({ length: 4 }, () => TcpConversation.open(dns.at)));
    const more = await TcpConversation.open(dns.at);
    await closed(more.socket);
    expect((await askUdp(dns.at, apex, { type: 'SOA' })).rcode).toBe(NOERROR);
    for (const { socket } of kept) expect(socket.destroyed).toBe(false);
    for (const conversation of kept) {
      conversation.close();
      if (!conversation.socket.closed) await closed(conversation.socket);
    }
    await expect.poll(async () => (await askTcp(dns.at, apex, { type: 'SOA' })).rcode, { timeout: 5000 }).toBe(NOERROR);
  });
});

describe('an unavailable registry', () => {
  it('gives SERVFAIL until it is available again', async () => {
    const { url, drop } = await createDatabase();
    const database = await openDatabase(url, { maxConnections: 1, durable: false });
    const away = await startEnum(database.pool);
    expect((await askUdp(away.at, number)).rcode).toBe(NXDOMAIN);
    await database.close();
    await drop();
    const { rcode, packet } = await askUdp(away.at, number);
    expect([rcode, packet.flag_aa, away.counts.failed]).toEqual([SERVFAIL, false, 1]);
    expect((await askUdp(away.at, apex, { type: 'SOA' })).rcode).toBe(NOERROR);
    await away.close();
  });
});
