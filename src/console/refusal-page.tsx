import { STATUS_CODES } from 'node:http';
import { renderPage } from './markup/page.js';
import type { Visitor } from './visitor.js';

/** A page that says why there is no other one, and what to do next. */
export function refusalPage(status: number, reason: string, visitor: Visitor | undefined): string {
  return renderPage({
    title: STATUS_CODES[status] ?? 'Refused',
    visitor,
    children: (
      <>
        <p role="alert">{reason}</p>
        <p>
          <a href="/console">Go to the start of the console</a>
        </p>
      </>
    ),
  });
}
