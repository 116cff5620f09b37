import { expect, it } from 'vitest';
import { localTime } from './local-time.js';

it.each([
  ['2026-11-30T22:11:49Z', 'Europe/Berlin', '2026-11-30 23:11:49 +01:00'],
  ['2026-07-31T22:11:49Z', 'Europe/Berlin', '2026-08-01 00:11:49 +02:00'],
  ['2026-11-30T22:11:49Z', 'Europe/London', '2026-11-30 22:11:49 +00:00'],
  ['2026-11-30T22:11:49Z', 'America/St_Johns', '2026-11-30 18:41:49 -03:30'],
  ['2026-12-31T23:59:59Z', 'Pacific/Kiritimati', '2027-01-01 13:59:59 +14:00'],
  // Midnight is 00, and the hour that occurs twice is told apart by its offset.
  ['2026-10-24T22:00:00Z', 'Europe/Berlin', '2026-10-25 00:00:00 +02:00'],
  ['2026-10-25T00:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00 +02:00'],
  ['2026-10-25T01:30:00Z', 'Europe/Berlin', '2026-10-25 02:30:00 +01:00'],
])('%s is in %s %s', (utc, zone, text) => {
  expect(localTime(new Date(utc), zone)).toBe(text);
});
