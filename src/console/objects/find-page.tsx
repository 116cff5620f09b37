import type { ComponentChildren } from 'preact';
import { keyLabel } from '../../forms/key-label.js';
import type { Key } from '../../model/key.js';
import { rantOf } from '../../model/key-of.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { kindOfKey, objectPath, requestPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { Found } from './find.js';
import { MAX_FOUND } from './find.js';
import { SearchForm } from './home-page.js';

/** What a search found, by kind. */
export function findPage(query: string, found: Found, visitor: Visitor): string {
  const { identifiers, names, organizations, requests } = found;
  const isEmpty = [identifiers, names, organizations, requests].every(({ length }) => length === 0);
  return renderPage({
    title: `Find ${query}`,
    visitor,
    children: (
      <>
        <SearchForm query={query} />
        {isEmpty && <p>Nothing that you may see is called so. Names are found by how they begin.</p>}
        <Results
          title="Numbers and URIs"
          rows={identifiers}
          head={['Kind', 'Identifier', 'Registrant']}
          cells={(key) => keyCells(key, visitor)}
        />
        <Results
          title="Named objects"
          rows={names}
          head={['Kind', 'Name', 'Registrant']}
          cells={(key) => keyCells(key, visitor)}
        />
        <Results
          title="Organizations"
          rows={organizations}
          head={['Organization', 'Name']}
          cells={({ orgId, name }) => [<OrganizationLink id={orgId} visitor={visitor} />, name]}
        />
        <Results
          title="Requests"
          rows={requests}
          head={['Request', 'Received', 'Registrar', 'Operation', 'Code']}
          cells={({ serverTransId, receivedAt, registrar, operation, code }) => [
            <a href={requestPath(serverTransId)}>{serverTransId}</a>,
            <Time at={receivedAt} />,
            registrar ?? '',
            operation ?? '',
            code ?? '',
          ]}
        />
      </>
    ),
  });
}

function keyCells(key: Key, visitor: Visitor): ComponentChildren[] {
  return [
    kindOfKey(key),
    <a href={objectPath(key)}>{keyLabel(key)}</a>,
    <OrganizationLink id={rantOf(key)} visitor={visitor} />,
  ];
}

interface ResultsParts<Row> {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly head: readonly string[];
  readonly cells: (row: Row) => ComponentChildren[];
}

/** A table with a caption; nothing if it would be empty. */
function Results<Row>({ title, rows, head, cells }: ResultsParts<Row>) {
  if (rows.length === 0) return null;
  return (
    <>
      <Table caption={title} head={head} rows={rows.map(cells)} />
      {rows.length >= MAX_FOUND && <p class="faint">These are the first {MAX_FOUND}; write more of the name.</p>}
    </>
  );
}
