import type { PeeringGroup } from '../../registry/find/peering.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { objectPath, peeringPath } from '../paths.js';
import type { Drawing } from '../pictures/drawing.js';
import { Picture } from '../pictures/picture.js';
import type { Visitor } from '../visitor.js';
import type { Matrix } from './matrix.js';
import type { PeeringFilter, PeeringState } from './peering.js';
import { PeeringMatrix } from './peering-matrix.js';

/** Pairs of organizations in the table. */
const MAX_ROWS = 200;

interface PeeringPageParts extends PeeringState {
  readonly filter: PeeringFilter;
  /** Undefined where none can be drawn. */
  readonly drawing: Drawing | undefined;
  /** Instead of a picture where there are too many organizations or lines for one. */
  readonly matrix: Matrix | undefined;
  readonly visitor: Visitor;
}

/** Who peers with whom: a picture or a matrix, and a table, of organizations, or the SED groups between two of them. */
export function peeringPage(parts: PeeringPageParts): string {
  const { filter, peerings, groups, hasMore, visitor } = parts;
  const { organization, peer } = filter;
  return renderPage({
    title: titleOf(filter),
    visitor,
    children: (
      <>
        <form action="/console/peering">
          <label>
            Organization, with all its peers
            <input name="organization" value={organization} />
          </label>
          <label>
            The other organization, if only what is between the two is asked for
            <input name="peer" value={peer} />
          </label>
          <button type="submit">Show</button>
        </form>
        {peerings.length === 0 && groups.length === 0 && <p>There is no such offer that you may see.</p>}
        {peerings.length > 0 && <Peerings {...parts} />}
        {groups.length > 0 && <Groups groups={groups} hasMore={hasMore} />}
        {(organization !== '' || peer !== '') && (
          <p>
            <a href={peeringPath()}>All organizations</a>
          </p>
        )}
      </>
    ),
  });
}

function titleOf({ organization, peer }: PeeringFilter): string {
  const ids = [organization, peer].filter((each) => each !== '');
  return ids.length === 0 ? 'Who peers with whom' : `Peering of ${ids.join(' and ')}`;
}

function Peerings({ peerings, drawing, matrix, hasMore }: PeeringPageParts) {
  return (
    <>
      {matrix !== undefined ? (
        <PeeringMatrix matrix={matrix} />
      ) : (
        <Picture
          title="Who peers with whom"
          description="Arrows lead from the organization that offers SED groups to the one that they are offered to: solid for groups that are accepted, dashed and faint for those that wait. The table has the same numbers."
          drawing={drawing}
          hasLinks
        />
      )}
      <Table
        caption="SED groups by who offers them to whom"
        head={['Offered by', 'Offered to', 'Accepted', 'Waiting', 'Groups']}
        rows={peerings.slice(0, MAX_ROWS).map(({ offeredBy, offeredTo, accepted, waiting }) => [
          <a href={peeringPath(offeredBy)}>{offeredBy}</a>,
          <a href={peeringPath(offeredTo)}>{offeredTo}</a>,
          accepted,
          waiting,
          <a href={peeringPath(offeredBy, offeredTo)} aria-label={`groups between ${offeredBy} and ${offeredTo}`}>
            groups
          </a>,
        ])}
      />
      {(hasMore || peerings.length > MAX_ROWS) && (
        <p class="faint">
          There are more offers than are counted here; choose an organization to see all of its peers.
        </p>
      )}
    </>
  );
}

function Groups({ groups, hasMore }: { readonly groups: readonly PeeringGroup[]; readonly hasMore: boolean }) {
  return (
    <>
      <Table
        caption="SED groups between the two"
        head={['SED group', 'Offered by', 'Offered to', 'Status']}
        rows={groups.map(({ offeredBy, offeredTo, name, status }) => {
          const sedGrpKey = { kind: 'ObjKeyType', rant: offeredBy, name, type: 'SedGrp' } as const;
          return [
            <a href={objectPath({ kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo })}>{name}</a>,
            <a href={peeringPath(offeredBy)}>{offeredBy}</a>,
            <a href={peeringPath(offeredTo)}>{offeredTo}</a>,
            status,
          ];
        })}
      />
      {hasMore && <p class="faint">These are the first {groups.length}.</p>}
    </>
  );
}
