import type { EventType } from './event-type.js';
import { eventTypes } from './event-types.js';

const MARKER = '<!-- events -->';
const END = '<!-- end -->';

/** docs/events.md with its table of types made anew. Throws an Error if the page has no place for it. */
export function renewEventsPage(page: string): string {
  const start = page.indexOf(MARKER);
  const end = page.indexOf(END, start);
  if (start === -1 || end === -1) throw new Error(`the page has no ${MARKER} or no ${END}`);
  return `${page.slice(0, start + MARKER.length)}\n\n${tableOfTypes()}\n${page.slice(end)}`;
}

function tableOfTypes(): string {
  const head = '| Type | What has happened | For | `subject` | `data` |\n|---|---|---|---|---|\n';
  return head + eventTypes.map(rowOf).join('');
}

function rowOf({ type, meaning, audience, subject, example }: EventType): string {
  return `| \`${type}\` | ${meaning} | ${audience} | \`${subject}\` | \`${JSON.stringify(example)}\` |\n`;
}
