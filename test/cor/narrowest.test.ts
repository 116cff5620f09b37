import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Narrowest, type Segment } from '../../src/values/narrowest.js';
import { runs } from '../support/runs.js';

function layer(spans: readonly Segment[]): Segment[] {
  const narrowest = new Narrowest();
  const sorted = [...spans].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  return [...sorted.flatMap((span) => narrowest.add(span)), ...narrowest.end()];
}

const span = (first: number, last: number, carrier: string): Segment => ({
  first: BigInt(first),
  last: BigInt(last),
  carrier,
});

describe('of overlapping spans', () => {
  it('the narrowest decides, and the wider one continues after it', () => {
    expect(layer([span(1000, 9999, 'a'), span(4000, 4999, 'b')])).toEqual([
      span(1000, 3999, 'a'),
      span(4000, 4999, 'b'),
      span(5000, 9999, 'a'),
    ]);
  });

  it('the later of two equally narrow ones decides', () => {
    expect(layer([span(1000, 1999, 'a'), span(1000, 1999, 'b')])).toEqual([span(1000, 1999, 'b')]);
  });

  it('adjacent spans of one carrier become one, others stay apart', () => {
    expect(layer([span(1000, 1999, 'a'), span(2004, 2999, 'a'), span(3300, 3999, 'a')])).toEqual([
      span(1000, 2999, 'a'),
      span(3300, 3999, 'a'),
    ]);
  });

  it('an empty list gives an empty list', () => {
    expect(layer([])).toEqual([]);
  });

  it('each number has the carrier of the narrowest span that contains it, for any spans', () => {
    const spans = fc.array(
      fc.tuple(fc.nat(60), fc.nat(20), fc.constantFrom('a', 'b', 'c')).map(([at, width, carrier]) =>
        // Places of different lengths are a hundred apart: only those of one can merge.
        span(at * 1000 + 16, (at + width) * 1000 + 16, carrier),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(spans, (all) => {
        const sorted = [...all].sort((a, b) => Number(a.first - b.first));
        const segments = layer(all);
        for (let place = 16n; place <= 80_000n; place += 500n) {
          const holding = sorted.filter(({ first, last }) => first <= place && place <= last);
          const width = ({ first, last }: Segment) => last - first;
          const narrowest = holding.reduce<Segment | undefined>(
            (best, each) => (best === undefined || width(each) <= width(best) ? each : best),
            undefined,
          );
          const found = segments.filter(({ first, last }) => first <= place && place <= last);
          expect(found.map(({ carrier }) => carrier)).toEqual(narrowest === undefined ? [] : [narrowest.carrier]);
        }
      }),
      runs(300),
    );
  });
});
