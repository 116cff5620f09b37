/** Making one takes much longer than a time; there are as many as zones. */
const formats = new Map<string, Intl.DateTimeFormat>();

/** A time in a zone, with its offset from UTC: `2026-11-30 23:11:49 +01:00`. */
export function localTime(at: Date, zone: string): string {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? '';
  // In London it is `GMT` in winter.
  const offset = part('timeZoneName').replace(/^(?:GMT|UTC)/, '') || '+00:00';
  return `${part('year')}-${part('month')}-${part('day')} ${part('hour')}:${part('minute')}:${part('second')} ${offset}`;
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = formats.get(timeZone);
  if (known !== undefined) return known;
  const twoDigits = {
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  } as const;
  const made = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone, calendar: 'iso8601', numberingSystem: 'latn', hourCycle: 'h23' },
    ...{ year: 'numeric', ...twoDigits, timeZoneName: 'longOffset' },
  });
  formats.set(timeZone, made);
  return made;
}
