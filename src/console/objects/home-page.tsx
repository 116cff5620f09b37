import { ListLinks } from '../lists/list-links.js';
import { renderPage } from '../markup/page.js';
import type { Visitor } from '../visitor.js';

/** The first page: one field that finds everything, and the lists of all objects. */
export function homePage(visitor: Visitor): string {
  return renderPage({
    title: 'Find',
    visitor,
    children: (
      <>
        <SearchForm query="" />
        <h2>All objects</h2>
        <ListLinks visitor={visitor} />
      </>
    ),
  });
}

/** The field that finds everything. */
export function SearchForm({ query }: { readonly query: string }) {
  return (
    <search>
      <form action="/console/find">
        <label>
          Number, name, URI, organization or transaction
          <input name="q" type="search" value={query} required />
        </label>
        <button type="submit">Find</button>
      </form>
    </search>
  );
}
