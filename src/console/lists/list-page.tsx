import type { ComponentChildren } from 'preact';
import { Additions } from '../editing/edits.js';
import { Choice } from '../markup/choice.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { objectPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { ListState } from './list.js';
import { type Cell, type CellPart, cellsOf } from './list-cells.js';
import { ListLinks } from './list-links.js';
import { directions, type ListQuery, listPath } from './list-query.js';
import { fieldsFor, type ListField } from './object-lists.js';

/** Entries of a cell that are shown; the page of the object has all. */
const MAX_ENTRIES = 5;

/** The lists of all types of objects. */
export function listsPage(visitor: Visitor): string {
  return renderPage({
    title: 'Objects',
    visitor,
    children: (
      <>
        <ListLinks visitor={visitor} />
        {visitor.kind === 'registrar' && (
          <p>
            <a href="/console/upload">Upload a file of objects</a>
          </p>
        )}
      </>
    ),
  });
}

/** A page of a list: the form that chooses and sorts its objects, the objects, and the ways on. */
export function listPage(query: ListQuery, state: ListState, visitor: Visitor): string {
  const { list, sort, isDescending } = query;
  const { objects, next, previous } = state;
  const first = { ...query, after: undefined, before: undefined };
  return renderPage({
    title: list.title,
    visitor,
    children: (
      <>
        <Additions noun={list.noun} visitor={visitor} />
        <ListForm query={query} visitor={visitor} />
        {objects.length === 0 ? (
          <p role="status">{emptyText(query, state)}</p>
        ) : (
          <Table
            caption={`${list.title} by ${sorts[sort]}, ${directions[isDescending ? 1 : 0]}`}
            head={list.head}
            rows={objects.map((object) => cellsOf(object).map((cell) => <Entries cell={cell} visitor={visitor} />))}
          />
        )}
        <nav aria-label="Pages">
          <ul class="ways">
            {(query.after ?? query.before) !== undefined && <Way to={first} text="The first ones" />}
            {previous !== undefined && <Way to={{ ...first, before: previous }} text="The previous ones" />}
            {next !== undefined && <Way to={{ ...first, after: next }} text="The next ones" />}
            {objects.length > 0 && (
              <li>
                <a href={listPath(query, 'csv')} download>
                  All of them as CSV
                </a>
              </li>
            )}
          </ul>
        </nav>
      </>
    ),
  });
}

function emptyText({ after, before }: ListQuery, { next, previous }: ListState): string {
  const isOnTheWay = [next, previous, after, before].some((place) => place !== undefined);
  return isOnTheWay
    ? 'There is no such object among those looked at so far.'
    : 'There is no such object that you may see.';
}

function Way({ to, text }: { readonly to: ListQuery; readonly text: string }) {
  return (
    <li>
      <a href={listPath(to, 'page')}>{text}</a>
    </li>
  );
}

function ListForm({ query, visitor }: { readonly query: ListQuery; readonly visitor: Visitor }) {
  const { list, fields, sort, isDescending } = query;
  return (
    <form action={`/console/objects/${list.name}`} class="fields">
      {fieldsFor(list, visitor.kind).map((field) => (
        <Field key={field.name} field={field} value={fields[field.name] ?? ''} />
      ))}
      <Choice name="sort" label="Sorted by" words={Object.keys(list.orders)} value={sort} names={sorts} />
      <Choice name="order" label="Order" words={directions} value={directions[isDescending ? 1 : 0]} />
      <button type="submit">Show</button>
    </form>
  );
}

/** What the orders are called. */
const sorts: Readonly<Record<string, string>> = {
  name: 'name',
  registrant: 'registrant',
  number: 'number or URI',
  added: 'time of addition',
  made: 'time of offer',
};

function Field({ field: { name, label, words }, value }: { readonly field: ListField; readonly value: string }) {
  if (words !== undefined)
    return <Choice name={name} label={label} words={['', ...words]} names={{ '': 'any' }} value={value} />;
  return (
    <label>
      {label}
      <input name={name} value={value} />
    </label>
  );
}

/** A cell: its entries, the first ones of many. */
function Entries({ cell, visitor }: { readonly cell: Cell; readonly visitor: Visitor }) {
  const [only] = cell;
  if (cell.length < 2) return only && entryOf(only, visitor);
  return (
    <ul>
      {cell.slice(0, MAX_ENTRIES).map((part, index) => (
        // The order is all that tells equal entries apart.
        <li key={`${index}`}>{entryOf(part, visitor)}</li>
      ))}
      {cell.length > MAX_ENTRIES && <li class="faint">and {cell.length - MAX_ENTRIES} more</li>}
    </ul>
  );
}

function entryOf({ text, key, isOrganization, isTime }: CellPart, visitor: Visitor): ComponentChildren {
  if (key !== undefined) return <a href={objectPath(key)}>{text}</a>;
  if (isOrganization) return <OrganizationLink id={text} visitor={visitor} />;
  return isTime ? <Time at={new Date(text)} /> : text;
}
