import { acceptsFor } from '../../authority/may.js';
import { mayOperate } from '../../authority/operator-table.js';
import type { Agreement } from '../../registry/access/agreements.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { agreementsPath } from '../paths.js';
import type { Visitor } from '../visitor.js';

interface AgreementsState {
  readonly agreements: readonly Agreement[];
  /** The agreement behind which more are; undefined: there are none. */
  readonly next: number | undefined;
  /** Whether withdrawn ones are among them. */
  readonly withWithdrawn: boolean;
}

/** Standing agreements: whose offers are accepted as soon as they are made. */
export function agreementsPage({ agreements, next, withWithdrawn }: AgreementsState, visitor: Visitor): string {
  return renderPage({
    title: 'Agreements',
    visitor,
    children: (
      <>
        <p>
          <a href={agreementsPath(!withWithdrawn)}>
            {withWithdrawn ? 'Only those in force' : 'Those that were withdrawn, too'}
          </a>
        </p>
        {agreements.length === 0 ? (
          <p>There is no agreement.</p>
        ) : (
          <Table
            caption="Agreements, in the order in which they were made"
            head={[
              ...['Number', 'Offers of', 'Are accepted by', 'Groups', 'Made', 'By', 'Withdrawn', 'Withdrawn by'],
              ...(mayAgreeAtAll(visitor) ? ['Change'] : []),
            ]}
            rows={agreements.map((each) => [
              each.id,
              <OrganizationLink id={each.offeredBy} visitor={visitor} />,
              <OrganizationLink id={each.offeredTo} visitor={visitor} />,
              each.pattern ?? 'all',
              <Time at={each.createdAt} />,
              each.createdBy,
              each.withdrawnAt && <Time at={each.withdrawnAt} />,
              each.withdrawnBy,
              ...(mayAgreeAtAll(visitor)
                ? [each.withdrawnAt === null && <Withdraw id={each.id} visitor={visitor} />]
                : []),
            ])}
          />
        )}
        {next !== undefined && (
          <p>
            <a href={agreementsPath(withWithdrawn, next)}>More</a>
          </p>
        )}
        {mayAgreeAtAll(visitor) && <MakeAgreement visitor={visitor} />}
      </>
    ),
  });
}

/** Operators by their role, and registrars that may accept offers for anybody. */
function mayAgreeAtAll(visitor: Visitor): boolean {
  if (visitor.kind === 'operator') return mayOperate(visitor.operator.role, 'change', 'Agreement');
  return acceptsFor(visitor.caller).length > 0;
}

function Withdraw({ id, visitor }: { readonly id: number; readonly visitor: Visitor }) {
  return (
    <form action="/console/agreements/withdraw">
      <input type="hidden" name="id" value={id} />
      <OnBehalfOf visitor={visitor} />
      <button type="submit">Withdraw…</button>
    </form>
  );
}

function MakeAgreement({ visitor }: { readonly visitor: Visitor }) {
  return (
    <>
      <h2>Make an agreement</h2>
      <form action="/console/agreements/add" class="fields">
        <label>
          Organization whose offers are accepted
          <input name="offeredBy" required autocapitalize="none" />
        </label>
        <label>
          Organization that accepts them
          <input name="offeredTo" required autocapitalize="none" />
        </label>
        <label>
          Names of groups, * for any text; without, all
          <input name="pattern" maxLength={80} />
        </label>
        <OnBehalfOf visitor={visitor} />
        <button type="submit">Agree…</button>
      </form>
    </>
  );
}

/** Operators act for somebody, who is on record. */
function OnBehalfOf({ visitor }: { readonly visitor: Visitor }) {
  if (visitor.kind === 'registrar') return null;
  return (
    <label>
      Who asked for it, for the record
      <input name="for" required maxLength={255} />
    </label>
  );
}
