import { mayAnswer } from '../../authority/may.js';
import { keyText } from '../../forms/key-text.js';
import { offerStatuses, type SedGrpOffer } from '../../model/sed-grp-offer.js';
import type { SpppResponse } from '../../sppp/message.js';
import { Choice } from '../markup/choice.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { Verdicts } from '../markup/verdicts.js';
import { objectPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { OfferFilter, OfferPage } from './offers.js';

/** The two answers to an offer (RFC 7877 §7.4, §7.5). */
export type OfferAnswer = 'accept' | 'reject';

/** Offers that a visitor's organizations made or got, with buttons for those that it may answer. */
export function offersPage({ offers, next }: OfferPage, { status }: OfferFilter, visitor: Visitor): string {
  return renderPage({
    title: 'Offers',
    visitor,
    children: (
      <>
        <form action="/console/offers">
          <Choice
            name="status"
            label="Status"
            words={['', ...offerStatuses]}
            names={{ '': 'all' }}
            value={status ?? ''}
          />
          <button type="submit">Show</button>
        </form>
        <p>
          <a href="/console/agreements">Agreements: whose offers are accepted at once</a>
        </p>
        {offers.length === 0 ? (
          <p>There is no such offer.</p>
        ) : (
          <Table
            caption="Offers, the oldest first"
            head={['SED group', 'Offered by', 'Offered to', 'Status', 'Since', 'Answer']}
            rows={offers.map((offer) => {
              const { sedGrpKey, offeredTo } = offer.sedGrpOfferKey;
              return [
                <a href={objectPath(offer.sedGrpOfferKey)}>{sedGrpKey.name}</a>,
                <OrganizationLink id={sedGrpKey.rant} visitor={visitor} />,
                offeredTo,
                offer.status,
                <Time at={new Date(offer.acceptDateTime ?? offer.offerDateTime)} />,
                <Answers offer={offer} visitor={visitor} />,
              ];
            })}
          />
        )}
        {next !== undefined && (
          <p>
            <a href={`/console/offers?${new URLSearchParams({ status: status ?? '', after: String(next) })}`}>
              The next ones
            </a>
          </p>
        )}
      </>
    ),
  });
}

/** The buttons by which a visitor may answer an offer. Each leads to a page that asks once more. */
function Answers({ offer, visitor }: { readonly offer: SedGrpOffer; readonly visitor: Visitor }) {
  const { sedGrpOfferKey, status } = offer;
  if (visitor.kind === 'operator') return null;
  const possible = (['accept', 'reject'] as const).filter(
    (answer) =>
      mayAnswer(visitor.caller, answer, sedGrpOfferKey) === undefined && (answer === 'reject' || status === 'offered'),
  );
  return (
    <>
      {possible.map((answer) => (
        <AnswerForm key={answer} answer={answer} offerKey={keyText(sedGrpOfferKey)} visitor={visitor} />
      ))}
    </>
  );
}

interface AnswerFormParts {
  readonly answer: OfferAnswer;
  readonly offerKey: string;
  readonly visitor: Visitor;
  /** The question was asked once more. */
  readonly isSure?: boolean;
}

function AnswerForm({ answer, offerKey, visitor, isSure = false }: AnswerFormParts) {
  return (
    <form method="post" action="/console/offers">
      <FormToken visitor={visitor} />
      <input type="hidden" name="key" value={offerKey} />
      <input type="hidden" name="answer" value={answer} />
      {isSure && <input type="hidden" name="sure" value="yes" />}
      <button type="submit">{answer === 'accept' ? 'Accept' : 'Reject'}</button>
    </form>
  );
}

/** What the registry would answer, and the button that does it. */
export function surePage(
  { answer, offerKey }: Omit<AnswerFormParts, 'visitor'>,
  foreseen: SpppResponse,
  visitor: Visitor,
): string {
  const isGood = foreseen.overall.code === 1000;
  return renderPage({
    title: `${answer === 'accept' ? 'Accept' : 'Reject'} ${offerKey.slice(offerKey.indexOf(':') + 1)}?`,
    visitor,
    children: (
      <>
        <Verdicts response={foreseen} />
        <p>
          {answer === 'accept'
            ? 'Once it is accepted, look-ups of your organization get the session establishment data of the group.'
            : 'Once it is rejected, the offer is gone, and look-ups of your organization no longer get anything by the group.'}
        </p>
        {isGood && <AnswerForm answer={answer} offerKey={offerKey} visitor={visitor} isSure />}
        <p>
          <a href="/console/offers">Back to the offers</a>
        </p>
      </>
    ),
  });
}
