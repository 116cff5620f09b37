import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type AuthoritySpan, writeAuthoritySpan } from '../../src/model/authority-span.js';
import { holds, type NumberSpan, spanOfNumber, spanOfPrefix, spanOfRange } from '../../src/values/number-span.js';
import { load } from '../support/claims.js';
import { narrowestFirst } from '../support/narrowest-first.js';
import { factor, runs } from '../support/runs.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** All numbers of one to four digits; those of four digits represent all longer ones. */
const numbers = [1, 2, 3, 4].flatMap((length) =>
  Array.from({ length: 10 ** length }, (_, number) => String(number).padStart(length, '0')),
);

function spanOf({ kind, value }: AuthoritySpan): NumberSpan {
  if (kind === 'TN') return spanOfNumber(value);
  if (kind === 'TNPrefix') return spanOfPrefix(value);
  const [start = '', end = ''] = value.split('-');
  const span = spanOfRange(start, end);
  if ('error' in span) throw new Error(span.error);
  return span;
}

const digits = (least: number, most: number) =>
  fc.string({ unit: fc.constantFrom('0', '1', '5', '8', '9'), minLength: least, maxLength: most });
const prefix = digits(1, 3).map((value): AuthoritySpan => ({ kind: 'TNPrefix', value }));
const range = fc
  .tuple(digits(2, 2), digits(2, 2))
  .map((ends): AuthoritySpan => ({ kind: 'TNRange', value: ends.sort().join('-') }));
const number = digits(4, 4).map((value): AuthoritySpan => ({ kind: 'TN', value }));
const tens = digits(1, 1).map((start) =>
  Array.from({ length: 10 }, (_, digit): AuthoritySpan => ({ kind: 'TNPrefix', value: `${start}${digit}` })),
);

const data = fc.array(
  fc.tuple(
    fc.oneof(
      { weight: 3, arbitrary: fc.oneof(prefix, range, number).map((span) => [span]) },
      { weight: 1, arbitrary: tens },
    ),
    fc.constantFrom('x:a', 'x:a', 'x:a', 'x:b'),
  ),
  { maxLength: 6 },
);

it('the verdict on a claim agrees with that on each of its numbers', { timeout: 120_000 * factor }, async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(data, fc.oneof(prefix, range, number), async (loaded, claim) => {
      const known = new Map<string, { span: NumberSpan; carrier: string }>();
      for (const [spans, carrier] of loaded) {
        for (const each of spans) {
          const span = spanOf(each);
          // One carrier for each span, or the load would fail: a range 12-12 is the prefix 12.
          const key = `${span.from} ${span.below}`;
          if (!known.has(key)) known.set(key, { span, carrier });
        }
      }
      const lines = [...known.values()].map(({ span, carrier }) => {
        const kind = span.kind === 'number' ? 'TN' : 'TNRange';
        const end = span.below.slice(0, -1);
        const text = writeAuthoritySpan({ kind, value: kind === 'TN' ? span.from : `${span.from}-${end}` });
        return `${span.kind === 'prefix' ? `${span.from}*` : text},${carrier}`;
      });
      await load(server, lines, { replace: true });
      const carrierOf = (digits: string) =>
        [...known.values()].filter(({ span }) => holds(span, digits)).sort((a, b) => narrowestFirst(a.span, b.span))[0]
          ?.carrier;
      const inside = numbers.filter((digits) => holds(spanOf(claim), digits));
      const carriers = new Set(inside.map(carrierOf));
      // Numbers of full length count for whether all is the claimant's; of a number alone, just that one.
      const whole = new Set(
        inside.filter((each) => each.length === 4).map((each) => carrierOf(claim.kind === 'TN' ? each : `${each}0`)),
      );
      const expected = carriers.has('x:b')
        ? 'refuted'
        : whole.has(undefined) || whole.size === 0
          ? 'silent'
          : 'confirmed';
      seen.add(expected);
      const [said] = await server.sql<{ verdict: string }>(
        `SELECT verdict FROM sppp.cor_verdict(sppp.number_interval($1::sppp.public_identifier_kind, $2), 'x:a')`,
        [claim.kind, claim.value],
      );
      expect(said?.verdict, `${lines.join(' ')} | ${writeAuthoritySpan(claim)}`).toBe(expected);
    }),
    {
      ...runs(150),
      // Positions between spans that no number has belong to no carrier.
      examples: [
        [
          [
            [[{ kind: 'TNRange', value: '00-89' }], 'x:b'],
            [Array.from({ length: 10 }, (_, digit) => ({ kind: 'TNPrefix' as const, value: `8${digit}` })), 'x:a'],
            [[{ kind: 'TNRange', value: '00-80' }], 'x:a'],
          ],
          { kind: 'TNRange', value: '00-90' },
        ],
      ],
    },
  );
  expect(seen.size).toBe(3);
});
