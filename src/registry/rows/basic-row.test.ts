import { expect, it } from 'vitest';
import { writeDateTime } from '../../values/date-time.js';
import { dateTimeOf } from './basic-row.js';

it.each([
  ['2041-05-30 09:30:10+00', '2041-05-30T09:30:10Z'],
  ['2041-05-30 09:30:10.25+00', '2041-05-30T09:30:10.250Z'],
  ['2041-05-30 09:30:10.001+00', '2041-05-30T09:30:10.001Z'],
  ['2041-05-30 09:30:10.1+00', '2041-05-30T09:30:10.1Z'],
  ['2041-05-30 09:30:10.123999+00', '2041-05-30T09:30:10.123Z'],
  ['2041-05-30 09:30:10.000999+00', '2041-05-30T09:30:10Z'],
  ['0001-01-01 00:00:00+00', '0001-01-01T00:00:00Z'],
  ['9999-12-31 23:59:59.999+00', '9999-12-31T23:59:59.999Z'],
])('writes PostgreSQL’s %s as a date of that time is written', (text, time) => {
  expect(dateTimeOf(text)).toBe(writeDateTime(new Date(time)));
});
