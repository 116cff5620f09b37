import { keyLabel } from '../../forms/key-label.js';
import { type ClaimChoice, type ClaimList, claimChoices, type FoundClaim } from '../../registry/cor/find-claims.js';
import { Choice } from '../markup/choice.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { claimPath, kindOfKey, objectPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { keyOfClaim } from './claims.js';

/** Claims to be carrier of record; for operators with links to the pages where they are decided. */
export function claimsPage({ claims, next }: ClaimList, choice: ClaimChoice, visitor: Visitor): string {
  const isOperator = visitor.kind === 'operator';
  return renderPage({
    title: 'Claims',
    visitor,
    children: (
      <>
        <form action="/console/claims">
          <Choice
            name="state"
            label="State"
            words={claimChoices}
            names={{ waiting: 'waiting: pending or contested' }}
            value={choice}
          />
          <button type="submit">Show</button>
        </form>
        {claims.length === 0 ? (
          <p>
            {next === undefined ? 'There is no such claim.' : 'There is no such claim among those looked at so far.'}
          </p>
        ) : (
          <ClaimTable
            caption="Claims, the oldest identifiers first"
            claims={claims}
            isDecidable={isOperator}
            visitor={visitor}
          />
        )}
        {next !== undefined && (
          <p>
            <a href={`/console/claims?${new URLSearchParams({ state: choice, after: String(next) })}`}>The next ones</a>
          </p>
        )}
      </>
    ),
  });
}

interface ClaimTableParts {
  readonly caption: string;
  readonly claims: readonly FoundClaim[];
  /** Each has a link to its own page. */
  readonly isDecidable: boolean;
  readonly visitor: Visitor;
}

/** Claims with what became of them. */
export function ClaimTable({ caption, claims, isDecidable, visitor }: ClaimTableParts) {
  const head = ['Kind', 'Identifier', 'Claimed by', 'State', 'Since', 'Decided by', 'Rival'];
  return (
    <Table
      caption={caption}
      head={isDecidable ? [...head, 'Evidence'] : head}
      rows={claims.map((claim) => {
        const { registrant, state, since, decidedBy, rival, isWide } = claim;
        const key = keyOfClaim(claim);
        const cells = [
          kindOfKey(key),
          <a href={objectPath(key)}>{keyLabel(key)}</a>,
          <OrganizationLink id={registrant} visitor={visitor} />,
          `${state}${isWide ? ', covers many numbers' : ''}`,
          since && <Time at={since} />,
          decidedBy,
          rival,
        ];
        return isDecidable ? [...cells, <a href={claimPath(key)}>Look and decide</a>] : cells;
      })}
    />
  );
}
