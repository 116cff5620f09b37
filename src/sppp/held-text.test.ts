import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { HeldText } from './held-text.js';

async function hold(texts: Iterable<string>) {
  const counted = { bytes: 0, most: 0 };
  const held = new HeldText((bytes) => {
    counted.bytes += bytes;
    counted.most = Math.max(counted.most, counted.bytes);
  });
  for (const text of texts) await held.add(text);
  return { held, counted };
}

async function readAll(held: HeldText): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of held.read()) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const sizes = [0, 1, 1000, 262_143, 262_144, 1_048_576, 1_048_577, 3_000_000];

it.each(sizes)('returns %i characters unchanged, and holds nothing after that', async (size) => {
  const text = Buffer.from(randomBytes(size)).toString('latin1').slice(0, size);
  const { held, counted } = await hold(text.match(/[\s\S]{1,70000}/g) ?? []);
  expect((await readAll(held)) === text).toBe(true);
  expect(counted.bytes).toBe(0);
});

it('holds markup that repeats at less than a tenth of its size', async () => {
  const markup = '<resultObj xsi:type="sppfb:TNType"><sppfb:rant>iana-en:222</sppfb:rant></resultObj>';
  const { held, counted } = await hold(Array.from({ length: 200_000 }, (_, n) => `${markup}${n}`));
  expect(counted.bytes).toBeLessThan(2_000_000);
  expect(counted.most).toBeLessThan(3_000_000);
  held.drop();
  expect(counted.bytes).toBe(0);
  expect(await readAll(held)).toBe('');
});

it('that is dropped while it is written or read holds nothing', async () => {
  const { held, counted } = await hold(['x'.repeat(2_000_000)]);
  const reading = held.read();
  await reading.next();
  const adding = held.add('y'.repeat(300_000));
  held.drop();
  await adding;
  await reading.return();
  expect(counted.bytes).toBe(0);
});
