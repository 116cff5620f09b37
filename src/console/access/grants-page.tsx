import { mayOperate } from '../../authority/operator-table.js';
import { isAsked } from '../../authority/table.js';
import { grantNouns, grantVerbs } from '../../model/grant.js';
import { Grants } from '../../model/grants.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { grantRemovalPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { cellName, type GrantPair } from './grant-changes.js';
import { GrantTable } from './grant-table.js';

/** What a registrar may do for a registrant, and for those who may change that the ways to it. */
export function grantsPage({ registrar, registrant, grants }: GrantPair, visitor: Visitor): string {
  const mayChange = visitor.kind === 'operator' && mayOperate(visitor.operator.role, 'change', 'Grant');
  const sum = new Grants(grants);
  return renderPage({
    title: `Grants of ${registrar} for ${registrant}`,
    visitor,
    children: (
      <>
        <Fields
          fields={[
            ['Registrar', <OrganizationLink id={registrar} visitor={visitor} />],
            ['Registrant', <OrganizationLink id={registrant} visitor={visitor} />],
          ]}
        />
        <GrantTable before={sum} after={sum} registrant={registrant} />
        {grants.length === 0 ? (
          <p>There is no grant.</p>
        ) : (
          <Table
            caption="Grants, which add up"
            head={['Number', 'Objects', 'May', 'Numbers that it may write', ...(mayChange ? ['Change'] : [])]}
            rows={grants.map(({ id, nouns, verbs, spans }) => [
              id,
              nouns?.join(', ') ?? 'all',
              verbs?.join(', ') ?? 'everything',
              spans?.join(', ') ?? 'all',
              ...(mayChange ? [<a href={grantRemovalPath(registrar, registrant, id)}>Take it back…</a>] : []),
            ])}
          />
        )}
        {mayChange && <AddGrant registrar={registrar} registrant={registrant} />}
      </>
    ),
  });
}

function AddGrant({ registrar, registrant }: Pick<GrantPair, 'registrar' | 'registrant'>) {
  return (
    <>
      <h2>Add a grant</h2>
      <form action="/console/grants/add">
        <input type="hidden" name="registrar" value={registrar} />
        <input type="hidden" name="registrant" value={registrant} />
        <Table
          caption="What it may do"
          head={['Objects', ...grantVerbs]}
          rows={grantNouns.map((noun) => [
            noun,
            ...grantVerbs.map((verb) => {
              const name = cellName(verb, noun);
              return isAsked(verb, noun) ? (
                <label class="tick">
                  <input type="checkbox" name="may" value={name} aria-label={name} />
                </label>
              ) : null;
            }),
          ])}
        />
        <label>
          Numbers that it may add and delete, such as 1202 or 1202-1299; without any, all
          <input name="numbers" />
        </label>
        <p>The next page says what the grant does; nothing happens before you confirm it there.</p>
        <button type="submit">Grant what is ticked…</button>{' '}
        <button type="submit" name="all" value="yes">
          Grant everything…
        </button>
      </form>
    </>
  );
}
