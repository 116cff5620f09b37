import type { Operator } from '../../authority/operator.js';
import { mayOperate } from '../../authority/operator-table.js';
import { keyLabel } from '../../forms/key-label.js';
import { keyText } from '../../forms/key-text.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Fields } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { kindOfKey, objectPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { type ClaimState, keyOfClaim, standing } from './claims.js';
import { ClaimTable } from './claims-page.js';

/** The two decisions on a claim. */
export const decisions = ['accept', 'refuse'] as const;
export type ClaimDecision = (typeof decisions)[number];

/** A claim, what speaks for and against it, and for those who may decide it a form that asks why. */
export function claimPage(state: ClaimState, operator: Operator, visitor: Visitor): string {
  const { claim } = state;
  const key = keyOfClaim(claim);
  const { registrant, since, decidedBy, rival, isWide } = claim;
  return renderPage({
    title: `Claim of ${registrant} to ${kindOfKey(key).toLowerCase()} ${keyLabel(key)}`,
    visitor,
    children: (
      <>
        <Fields
          fields={[
            ['Identifier', <a href={objectPath(key)}>{keyLabel(key)}</a>],
            ['Claimed by', <OrganizationLink id={registrant} visitor={visitor} />],
            ['State', claim.state],
            ['Since', since && <Time at={since} />],
            ['Decided by', decidedBy],
            ['Rival', rival],
            ['Width', isWide ? 'more numbers than a first claim may take' : undefined],
            ['Authority data', <Verdict state={state} />],
          ]}
        />
        <Rivals visitor={visitor} state={state} caption="Claims of others that are lost if this one is accepted" />
        {mayOperate(operator.role, 'change', 'Claim') && (
          <form action="/console/claim">
            <h2>Decide it</h2>
            <input type="hidden" name="key" value={keyText(key)} />
            <label>
              Reason, for the record
              <input name="reason" required maxLength={200} />
            </label>
            <p>The next page says what the decision does; nothing happens before you confirm it there.</p>
            <button type="submit" name="decision" value="accept">
              Accept…
            </button>{' '}
            <button type="submit" name="decision" value="refuse">
              Refuse…
            </button>
          </form>
        )}
      </>
    ),
  });
}

interface DecisionParts {
  readonly decision: ClaimDecision;
  readonly reason: string;
  /** The claims have changed since the operator looked. */
  readonly isLate: boolean;
}

/** What a decision does, and the button that takes it. Its address has the decision and the reason, and is on record. */
export function decisionPage(state: ClaimState, { decision, reason, isLate }: DecisionParts, visitor: Visitor): string {
  const { registrant } = state.claim;
  const key = keyOfClaim(state.claim);
  const isAccepted = decision === 'accept';
  return renderPage({
    title: `${isAccepted ? 'Accept' : 'Refuse'} the claim of ${registrant} to ${kindOfKey(key).toLowerCase()} ${keyLabel(key)}?`,
    visitor,
    children: (
      <>
        {isLate && (
          <p role="alert">The claims have changed since you looked, and nothing was decided. This is how it is now.</p>
        )}
        <Fields
          fields={[
            ['State now', state.claim.state],
            ['State then', isAccepted ? 'holds' : 'lost'],
            ['Authority data', <Verdict state={state} />],
            ['Reason', reason],
          ]}
        />
        {isAccepted ? (
          <>
            <p>{registrant} becomes carrier of record of these numbers.</p>
            <Rivals visitor={visitor} state={state} caption="Claims that are lost" />
            {state.rivals.length === 0 && <p>No other claim is lost.</p>}
          </>
        ) : (
          <p>{registrant} is not carrier of record of these numbers. No other claim wins by that.</p>
        )}
        <p>The next load of authority data settles the claim again if it has data for these numbers.</p>
        <form method="post" action={`/console/claim?${new URLSearchParams({ key: keyText(key), decision, reason })}`}>
          <FormToken visitor={visitor} />
          <input type="hidden" name="standing" value={standing(state)} />
          <button type="submit">{isAccepted ? 'Accept the claim' : 'Refuse the claim'}</button>
        </form>
        <p>
          <a href="/console/claims">Back to the claims</a>
        </p>
      </>
    ),
  });
}

function Verdict({ state: { claim } }: { readonly state: ClaimState }) {
  const { verdict, carrier, registrant } = claim;
  if (verdict === 'confirmed') return <>give all of the numbers to {registrant}</>;
  if (verdict === 'refuted') return <span class="bad">give some of the numbers to {carrier}</span>;
  return <>say nothing</>;
}

function Rivals({
  state: { rivals, hasMoreRivals },
  visitor,
  caption,
}: {
  readonly state: ClaimState;
  readonly visitor: Visitor;
  readonly caption: string;
}) {
  if (rivals.length === 0) return null;
  return (
    <>
      <ClaimTable caption={caption} claims={rivals} isDecidable={false} visitor={visitor} />
      {hasMoreRivals && <p class="bad">These are the first {rivals.length}; there are more.</p>}
    </>
  );
}
