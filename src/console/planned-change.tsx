import type { ComponentChildren } from 'preact';
import { FormToken, renderPage } from './markup/page.js';
import type { Visitor } from './visitor.js';

/** A change that a page shows before its button makes it. */
export interface PlannedChange {
  readonly title: string;
  /** What it does. */
  readonly effects: ComponentChildren;
  /** Why it cannot be made now; undefined: it can. */
  readonly obstacle?: string | undefined;
  readonly button: string;
  /** The path of the page that shows what is changed. */
  readonly back: string;
  /** Makes it. */
  readonly make: () => Promise<ToldOnce | undefined>;
}

/** A secret that the server has made, and does not know afterwards. */
export interface ToldOnce {
  /** What it is, such as `Password of olga`. */
  readonly name: string;
  readonly secret: string;
}

/** What most changes end with. */
export const nothingTold = (): undefined => undefined;

/** What a change does, and the button that makes it. The address has all of it, and is on record. */
export function plannedPage({ title, effects, obstacle, button, back }: PlannedChange, at: string, visitor: Visitor) {
  return renderPage({
    title: `${title}?`,
    visitor,
    children: (
      <>
        {obstacle !== undefined && <p role="status">{obstacle}</p>}
        {effects}
        {obstacle === undefined && (
          <form method="post" action={at}>
            <FormToken visitor={visitor} />
            <button type="submit">{button}</button>
          </form>
        )}
        <p>
          <a href={back}>Back, without a change</a>
        </p>
      </>
    ),
  });
}

/** A secret, this once. */
export function toldPage({ name, secret }: ToldOnce, back: string, visitor: Visitor): string {
  return renderPage({
    title: name,
    visitor,
    children: (
      <>
        <p role="status">
          It is shown this once. Copy it now, and give it to its user by a way that nobody else reads.
        </p>
        <pre>{secret}</pre>
        <p>
          <a href={back}>Go on</a>
        </p>
      </>
    ),
  });
}

/** What a change does, a line each. */
export function Effects({ lines }: { readonly lines: readonly string[] }) {
  return (
    <ul>
      {lines.map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
