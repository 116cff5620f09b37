import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { Visitor } from '../visitor.js';
import { Zone } from './time.js';

interface PageParts {
  readonly title: string;
  /** Undefined: nobody has signed in. */
  readonly visitor: Visitor | undefined;
  readonly children: ComponentChildren;
}

/** The rooms of the console, as the navigation lists them; those of operators alone are not shown to registrars. */
const navigation: readonly { readonly path: string; readonly name: string; readonly isForOperators?: boolean }[] = [
  { path: '/console', name: 'Find' },
  { path: '/console/objects', name: 'Objects' },
  { path: '/console/why', name: 'Why?' },
  { path: '/console/requests', name: 'Requests' },
  { path: '/console/charts/hour', name: 'Charts' },
  { path: '/console/offers', name: 'Offers' },
  { path: '/console/peering', name: 'Peering' },
  { path: '/console/claims', name: 'Claims' },
  { path: '/console/events', name: 'Events' },
  { path: '/console/organizations', name: 'Organizations', isForOperators: true },
  { path: '/console/status', name: 'Status', isForOperators: true },
];

/**
 * A whole page. Every text in it is escaped by the renderer, whatever it is: no page has markup of its own as text.
 *
 * @returns the HTML document
 */
export function renderPage(parts: PageParts): string {
  return `<!doctype html>\n${renderToString(<Page {...parts} />)}`;
}

function Page({ title, visitor, children }: PageParts) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · SPPP registry`}</title>
        <link rel="icon" href="/console/icon.svg" type="image/svg+xml" />
        <link rel="stylesheet" href="/console/style.css" />
      </head>
      <body>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        <header>
          <strong>SPPP registry</strong>
          {visitor !== undefined && <Navigation visitor={visitor} />}
        </header>
        <main id="main">
          <h1>{title}</h1>
          <Zone.Provider value={visitor?.zone}>{children}</Zone.Provider>
        </main>
        {visitor !== undefined && <Footer visitor={visitor} />}
      </body>
    </html>
  );
}

function Navigation({ visitor }: { readonly visitor: Visitor }) {
  const isOperator = visitor.kind === 'operator';
  return (
    <>
      <nav aria-label="Console">
        <ul>
          {navigation
            .filter(({ isForOperators = false }) => isOperator || !isForOperators)
            .map(({ path, name }) => (
              <li key={path}>
                <a href={path}>{name}</a>
              </li>
            ))}
        </ul>
      </nav>
      <form method="post" action="/console/logout">
        <FormToken visitor={visitor} />
        <a href="/console/account" class="who">
          {visitor.username}, {isOperator ? visitor.operator.role : visitor.caller.registrar}
        </a>
        <button type="submit">Sign out</button>
      </form>
    </>
  );
}

function Footer({ visitor: { zone } }: { readonly visitor: Visitor }) {
  return (
    <footer>
      Times are in UTC{zone === undefined ? '' : `, and beside it in ${zone}`}.{' '}
      <a href="/console/zone">Choose a time zone</a>
    </footer>
  );
}

/** What every form that changes something sends back. */
export function FormToken({ visitor }: { readonly visitor: Pick<Visitor, 'formToken'> }) {
  return <input type="hidden" name="token" value={visitor.formToken} />;
}
