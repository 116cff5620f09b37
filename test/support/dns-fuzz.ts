import fc from 'fast-check';
import { macOf, type TsigFields } from './tsig.js';

/**
 * Nearly valid DNS messages, made of their parts: names, counts, pointers, OPT and TSIG records, each
 * valid or breaking a rule.
 */

/** A key that the server under test knows. */
export interface FuzzKey {
  readonly name: string;
  readonly secret: Buffer;
}

const u16 = (value: number) => Buffer.from([(value >> 8) & 0xff, value & 0xff]);
const u32 = (value: number) => Buffer.concat([u16(value >>> 16), u16(value)]);
const octets = (most: number) => fc.uint8Array({ maxLength: most }).map((bytes) => Buffer.from(bytes));
const label = (bytes: Uint8Array) => Buffer.concat([Buffer.from([bytes.length]), bytes]);
const text = (name: string) => name.split('.').map((each) => Buffer.from(each));
const wire = (labels: readonly Uint8Array[], end: Uint8Array = Buffer.from([0])) =>
  Buffer.concat([...labels.map(label), end]);

const high = Buffer.alloc(63, 0xff);

/** Ends of names: the root, a pointer to the question, to anywhere, or nothing. */
const ends = fc.oneof(
  { weight: 6, arbitrary: fc.constant(Buffer.from([0])) },
  { weight: 2, arbitrary: fc.constant(u16(0xc00c)) },
  { weight: 1, arbitrary: fc.nat(0x3fff).map((to) => u16(0xc000 | to)) },
  { weight: 1, arbitrary: fc.nat(60).map((to) => u16(0xc000 | to)) },
  { weight: 1, arbitrary: fc.constant(Buffer.alloc(0)) },
);

const digits = fc.stringMatching(/^[0-9]{0,15}$/).map((all) => [...all].map((digit) => Buffer.from(digit)));

/** Names: numbers below the apex, the apex, random octets, names of the maximum length, and longer ones. */
const names = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(digits, ends).map(([labels, end]) => wire([...labels, ...text('e164.arpa')], end)) },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.array(octets(63), { maxLength: 5 }), ends).map(([labels, end]) => wire(labels, end)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(5), fc.nat(63), ends).map(([count, last, end]) => {
      return wire([...Array(count).fill(high), high.subarray(0, last)], end);
    }),
  },
  { weight: 1, arbitrary: fc.nat(600).map((count) => wire(Array(count).fill(high))) },
  { weight: 1, arbitrary: ends },
  { weight: 1, arbitrary: octets(300) },
);

/** Most names in questions are valid. */
const askedNames = fc.oneof(
  { weight: 9, arbitrary: digits.map((labels) => wire([...labels, ...text('e164.arpa')])) },
  {
    weight: 3,
    arbitrary: fc
      .array(
        octets(60).filter(({ length }) => length > 0),
        { maxLength: 4 },
      )
      .map((labels) => wire(labels)),
  },
  { weight: 1, arbitrary: names },
);

/** Usually nothing, sometimes a value. */
const rarely = <Item>(arbitrary: fc.Arbitrary<Item>) =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(null) }, { weight: 1, arbitrary });

/** Usually one value, sometimes another. */
const mostly = <Item>(usual: Item, ...others: readonly Item[]) =>
  fc.oneof({ weight: 30, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constantFrom(usual, ...others) });

interface Head {
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
}

const record = (name: Uint8Array, head: Head, data: Uint8Array, off = 0) =>
  Buffer.concat([name, u16(head.type), u16(head.class), u32(head.ttl), u16(data.length + off), data]);

const option = fc.tuple(fc.nat(20), octets(40), mostly(0, 1, -1, 200)).map(([code, data, off]) => {
  return Buffer.concat([u16(code), u16(Math.max(data.length + off, 0)), data]);
});

const opt = fc
  .record({
    name: fc.oneof({ weight: 30, arbitrary: fc.constant(Buffer.from([0])) }, { weight: 1, arbitrary: names }),
    class: fc.constantFrom(0, 1, 511, 512, 513, 1232, 4096, 65_535),
    ttl: mostly(0, 0x8000, 0x10000, 0xff8000, 0xffffffff),
    options: fc.array(option, { maxLength: 3 }),
    off: mostly(0, 1, -1, 60_000),
  })
  .map(({ name, options, off, ...head }) => record(name, { type: 41, ...head }, Buffer.concat(options), off));

const other = fc
  .record({
    name: names,
    type: fc.constantFrom(1, 2, 6, 15, 24, 33, 35, 46, 257),
    data: octets(80),
    off: mostly(0, 1, -1),
  })
  .map(({ name, type, data, off }) => record(name, { type, class: 1, ttl: 0 }, data, off));

/** The form of the TSIG record for the message before it. */
type Sign = (message: Buffer) => Buffer;

function tsig(key: FuzzKey, time: number): fc.Arbitrary<Sign> {
  const algorithms = ['hmac-sha256', 'hmac-sha512', 'hmac-md5.sig-alg.reg.int'].map((name) => wire(text(name)));
  return fc
    .record({
      name: fc.oneof(
        { weight: 3, arbitrary: fc.constantFrom(key.name, key.name.toUpperCase()).map((name) => wire(text(name))) },
        { weight: 3, arbitrary: names },
      ),
      algorithm: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...algorithms) }, { weight: 1, arbitrary: names }),
      class: mostly(255, 1, 0x80ff),
      ttl: mostly(0, 1),
      time: mostly(time, 0, time - 400, 2 ** 48 - 1),
      fudge: mostly(300, 0, 65_535),
      mac: fc.option(octets(80), { freq: 2 }),
      originalId: rarely(fc.nat(0xffff)),
      error: mostly(0, 18, 65_535),
      other: fc.oneof({ weight: 4, arbitrary: fc.constant(Buffer.alloc(0)) }, { weight: 1, arbitrary: octets(20) }),
      off: mostly(0, 1, -1, 60_000),
      macOff: mostly(0, 1, -1, 60_000),
    })
    .map(({ name, algorithm, mac, off, macOff, ...fields }) => (message) => {
      const originalId = fields.originalId ?? message.readUInt16BE(0);
      const original = Buffer.concat([u16(originalId), message.subarray(2)]);
      const signed: TsigFields = {
        ...fields,
        originalId,
        name: key.name,
        algorithm: 'hmac-sha256',
        secret: key.secret,
      };
      const used = mac ?? macOf(original, signed);
      const stamp = Buffer.alloc(6);
      stamp.writeUIntBE(fields.time, 0, 6);
      const tail = [u16(originalId), u16(fields.error), u16(fields.other.length), fields.other];
      const data = [algorithm, stamp, u16(fields.fudge), u16(Math.max(used.length + macOff, 0)), used, ...tail];
      return record(name, { type: 250, class: fields.class, ttl: fields.ttl }, Buffer.concat(data), off);
    });
}

/** Whole messages; valid ones about a number below the apex reach the registry. */
export function dnsMessages(key: FuzzKey, time: number): fc.Arbitrary<Buffer> {
  return fc
    .record({
      id: fc.nat(0xffff),
      flags: mostly(0, 0x0100, 0x0110, 0x8000, 0x2800, 0x7fff),
      names: fc.oneof(
        { weight: 30, arbitrary: fc.tuple(askedNames) },
        { weight: 1, arbitrary: fc.tuple(names, names) },
      ),
      type: fc.constantFrom(35, 35, 6, 2, 1, 255, 252, 250, 41, 0),
      class: mostly(1, 3, 255, 0),
      records: fc.oneof(
        { weight: 4, arbitrary: fc.array(opt, { maxLength: 1 }) },
        { weight: 1, arbitrary: fc.array(fc.oneof(opt, other), { maxLength: 4 }) },
      ),
      sign: fc.option(tsig(key, time), { freq: 2 }),
      behind: rarely(fc.oneof(opt, other, octets(30))),
      counts: rarely(fc.tuple(...Array.from({ length: 4 }, () => fc.constantFrom(0, 1, 2, 5, 0xffff)))),
      cut: rarely(fc.nat(400)),
    })
    .map(({ id, flags, names: asked, type, class: askedClass, records, sign, behind, counts, cut }) => {
      const questions = asked.map((name) => Buffer.concat([name, u16(type), u16(askedClass)]));
      const additionals = records.length + (behind === null ? 0 : 1);
      const head = (extra: number) => (counts ?? [questions.length, 0, 0, additionals + extra]).map(u16);
      const message = Buffer.concat([u16(id), u16(flags), ...head(0), ...questions, ...records]);
      const whole = Buffer.concat([
        ...[message.subarray(0, 4), ...head(sign === null ? 0 : 1), message.subarray(12)],
        ...[sign?.(message) ?? Buffer.alloc(0), behind ?? Buffer.alloc(0)],
      ]);
      return whole.subarray(0, cut ?? whole.length);
    });
}
