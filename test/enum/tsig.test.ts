/** TSIG byte by byte (RFC 8945); test/enum/dig.test.ts compares it with another implementation. */

import { decode } from 'dns-packet';
import { describe, expect, it } from 'vitest';
import { isUnreadable, type Query, readQuery } from '../../src/enum/query.js';
import { replyOf, writeReply } from '../../src/enum/reply.js';
import { type TsigKey, verify } from '../../src/enum/tsig.js';
import { FORMERR, NOTAUTH, question, readDns } from '../support/dns-client.js';
import { macOf, readTsig, signed, type TsigFields, withTsig } from '../support/tsig.js';

const now = 1_900_000_000;
const secret = Buffer.alloc(32, 7);
const algorithms = ['hmac-sha256', 'hmac-sha384', 'hmac-sha512'] as const;
const keys = new Map(
  algorithms.map((algorithm): [string, TsigKey] => [algorithm, { name: algorithm, algorithm, secret }]),
);
const message = question('1.e164.arpa', { id: 0x1234, edns: {} });
const fields = (more: Partial<TsigFields> = {}): TsigFields => ({
  ...{ name: 'hmac-sha256', algorithm: 'hmac-sha256', secret, time: now },
  ...more,
});

function queryOf(bytes: Buffer): Query {
  const read = readQuery(bytes);
  if (read === undefined || isUnreadable(read)) throw new Error(`not read: ${read?.rcode}`);
  return read;
}

/** The answer's TSIG and what was signed. */
function answered(bytes: Buffer, algorithm = 'hmac-sha256') {
  const query = queryOf(bytes);
  const verdict = query.signature && verify(query.signature, keys, new Date(now * 1000));
  if (verdict === undefined) return undefined;
  const reply = replyOf(verdict.key === undefined ? NOTAUTH : 0);
  const answer = writeReply(query, reply, { maxBytes: 512, isFinal: false, udpBytes: 1232 }, verdict, () => undefined);
  const record = decode(answer).additionals?.at(-1);
  if (record?.type !== 'TSIG') throw new Error('no TSIG');
  const unsigned = Buffer.from(answer);
  unsigned.writeUInt16BE(unsigned.readUInt16BE(10) - 1, 10);
  decode(unsigned);
  const end = decode.bytes;
  return {
    isBelieved: verdict.key !== undefined,
    rcode: readDns(answer).rcode,
    tsig: readTsig(record.data, algorithm),
    signed: unsigned.subarray(0, end),
  };
}

describe('a signed question', () => {
  it.each(algorithms)('is accepted, and its answer is signed: %s', (algorithm) => {
    const sent = fields({ name: algorithm, algorithm, time: now - 299 });
    const got = answered(signed(message, sent), algorithm);
    expect(got).toMatchObject({ isBelieved: true, rcode: 0, tsig: { time: now, fudge: 300, error: 0 } });
    const expected = macOf(got?.signed ?? message, { ...sent, time: now }, macOf(message, sent));
    expect(got?.tsig.mac).toEqual(expected);
  });

  it('may have got another id on its way', () => {
    const bytes = signed(message, fields());
    bytes.writeUInt16BE(0x9999, 0);
    expect(answered(bytes)).toMatchObject({ isBelieved: true, tsig: { originalId: 0x1234 } });
  });

  it('may name its key in any case', () => {
    expect(answered(signed(message, fields({ name: 'HMAC-Sha256' })))).toMatchObject({ isBelieved: true });
  });

  it('that was changed anywhere is not accepted', () => {
    const whole = signed(message, fields());
    for (let at = 0; at < whole.length; at++) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ 0x01;
      const read = readQuery(bytes);
      // The MAC does not cover the id, but the original id; the case of algorithm and key does not count.
      if (at < 2 || read === undefined || isUnreadable(read) || read.signature === undefined) continue;
      const verdict = verify(read.signature, keys, new Date(now * 1000));
      expect([at, verdict?.key]).toEqual([at, undefined]);
    }
  });
});

describe('a wrong signature', () => {
  it.each([
    ['of an unknown key', { name: 'nobody' }, 17],
    ['of another algorithm', { algorithm: 'hmac-sha512' as const }, 17],
    ['by another secret', { secret: Buffer.alloc(32, 8) }, 16],
    ['that is cut short', { macBytes: 16 }, 22],
    ['that is empty', { macBytes: 0 }, 22],
  ])('%s gets that reason, unsigned', (_, more: Partial<TsigFields>, error) => {
    const sent = fields(more);
    const got = answered(signed(message, sent), sent.algorithm);
    expect(got).toMatchObject({ isBelieved: false, rcode: NOTAUTH, tsig: { error, time: now } });
    expect(got?.tsig.mac).toHaveLength(0);
  });

  it.each([now - 301, now + 301, 0, 2 ** 48 - 1])('of another time, %d, gets the server’s time, signed', (time) => {
    const sent = fields({ time });
    const got = answered(signed(message, sent));
    expect(got).toMatchObject({ isBelieved: false, rcode: NOTAUTH, tsig: { error: 18, time } });
    expect(got?.tsig.other.readUIntBE(0, 6)).toBe(now);
    const replied = { ...sent, error: 18, other: got?.tsig.other ?? Buffer.alloc(0) };
    expect(got?.tsig.mac).toEqual(macOf(got?.signed ?? message, replied, macOf(message, sent)));
  });

  it('longer than its hash is malformed', () => {
    expect(answered(signed(message, fields({ mac: Buffer.alloc(33) })))).toBeUndefined();
  });
});

describe('an invalid TSIG record', () => {
  const right = signed(message, fields());
  it.each([
    ['without data', withTsig(message, 'hmac-sha256', Buffer.alloc(0))],
    ['with an algorithm that does not end', withTsig(message, 'hmac-sha256', Buffer.alloc(40, 63))],
    ['with an algorithm that points', withTsig(message, 'hmac-sha256', Buffer.from([0xc0, 12, ...Buffer.alloc(30)]))],
    [
      'with a MAC beyond its end',
      withTsig(message, 'hmac-sha256', Buffer.from([0, ...Buffer.alloc(8), 255, 255, 0, 0, 0, 0, 0, 0])),
    ],
    ['with bytes behind it', withTsig(message, 'hmac-sha256', Buffer.alloc(40))],
    ['that is not the last', withTsig(right, 'hmac-sha256', Buffer.alloc(17))],
  ])('%s is malformed', (_, bytes) => {
    expect(readQuery(bytes)).toMatchObject({ rcode: FORMERR });
  });
});
