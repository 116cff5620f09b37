import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDateTime, writeDateTime } from './date-time.js';

describe('readDateTime', () => {
  it.each([
    ['2010-05-30T09:30:10Z', '2010-05-30T09:30:10.000Z'],
    ['2010-05-30T09:30:10.1Z', '2010-05-30T09:30:10.100Z'],
    ['2010-05-30T09:30:10.570999999999999Z', '2010-05-30T09:30:10.570Z'],
    ['2010-05-30T23:59:59.9999999Z', '2010-05-30T23:59:59.999Z'],
    ['2012-02-29T00:00:00Z', '2012-02-29T00:00:00.000Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000Z'],
    ['2010-12-31T24:00:00Z', '2011-01-01T00:00:00.000Z'],
    ['2010-12-31T24:00:00.000Z', '2011-01-01T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
    ['0099-03-01T00:00:00Z', '0099-03-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('reads %s', (text, iso) => {
    expect(readDateTime(text)).toEqual(new Date(iso));
  });

  it.each([
    '',
    'yesterday',
    '2010-05-30',
    '2010-05-30T09:30Z',
    '2010-05-30 09:30:10Z',
    '2010-05-30t09:30:10z',
    ' 2010-05-30T09:30:10Z',
    '2010-05-30T09:30:10Z\n',
    '210-05-30T09:30:10Z',
    '+2010-05-30T09:30:10Z',
    '2010-5-30T09:30:10Z',
    '2010-00-30T09:30:10Z',
    '2010-13-30T09:30:10Z',
    '2010-05-00T09:30:10Z',
    '2010-05-32T09:30:10Z',
    '2010-05-30T25:00:00Z',
    '2010-05-30T24:00:01Z',
    '2010-05-30T24:01:00Z',
    '2010-05-30T24:00:00.1Z',
    '2010-05-30T09:60:10Z',
    '2010-05-30T09:30:60Z',
    '2010-05-30T09:30:10.Z',
    '2010-05-30T09:30:10,5Z',
    '2010-05-30T09:30:10+3:00',
    '2010-05-30T09:30:10+0300',
    '2010-05-30T09:30:10+14:01',
    '2010-05-30T09:30:10+15:00',
    '2010-05-30T09:30:10+05:60',
  ])('finds no dateTime in %j', (text) => {
    expect(readDateTime(text)).toEqual({ error: 'not an xs:dateTime' });
  });

  it.each(['2011-02-29T00:00:00Z', '1900-02-29T00:00:00Z', '2010-02-30T00:00:00Z', '2010-04-31T00:00:00+01:00'])(
    'finds no such day: %s',
    (text) => {
      expect(readDateTime(text)).toEqual({ error: 'no such day in the calendar' });
    },
  );

  it.each([
    '0000-01-01T00:00:00Z',
    '-0044-03-15T12:00:00Z',
    '10000-01-01T00:00:00Z',
    '9999-12-31T24:00:00Z',
    `1${'0'.repeat(400)}-01-01T00:00:00Z`,
  ])('finds the year out of reach: %s', (text) => {
    expect(readDateTime(text)).toEqual({ error: 'a year outside 0001 to 9999' });
  });

  it.each([
    '2010-05-30T09:30:10+03:00',
    '2010-05-30T09:30:10.5-14:00',
    '2010-05-30T09:30:10+00:00',
    '2010-05-30T24:00:00-05:00',
  ])('wants UTC, not an offset: %s', (text) => {
    expect(readDateTime(text)).toEqual({ error: 'a zone offset; UTC is written with Z' });
  });

  it.each(['2010-05-30T09:30:10', '2010-05-30T09:30:10.5'])('requires a zone: %s', (text) => {
    expect(readDateTime(text)).toEqual({ error: 'no time zone; UTC is written with Z' });
  });
});

describe('writeDateTime', () => {
  it.each([
    ['2010-05-30T09:30:10.000Z', '2010-05-30T09:30:10Z'],
    ['2010-05-30T09:30:00.000Z', '2010-05-30T09:30:00Z'],
    ['2010-05-30T00:00:00.000Z', '2010-05-30T00:00:00Z'],
    ['2010-05-30T09:30:10.100Z', '2010-05-30T09:30:10.1Z'],
    ['2010-05-30T09:30:10.120Z', '2010-05-30T09:30:10.12Z'],
    ['2010-05-30T09:30:10.005Z', '2010-05-30T09:30:10.005Z'],
  ])('writes %s as %s', (iso, text) => {
    expect(writeDateTime(new Date(iso))).toBe(text);
  });

  it('writes a text that reads as the same time', () => {
    const times = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(times, (time) => {
        expect(readDateTime(writeDateTime(time))).toEqual(time);
      }),
    );
  });
});
