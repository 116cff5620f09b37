import type { Question } from '../registry/resolve/resolve.js';
import type { ParameterFault } from '../values/parameter-fault.js';
import { shellWord } from '../values/shell-word.js';
import { OrganizationLink } from './organization-link.js';
import { renderPage } from './page.js';
import { Table } from './table.js';
import type { Visitor } from './visitor.js';
import type { Explained } from './why.js';

const fields = [
  ['identifier', 'Number, rn= and a number, or URI'],
  ['asker', 'Organization that asks'],
  ['sourceUri', 'URI of the calling party, if it matters'],
  ['sourceIp', 'Address of the client that the look-up is for, if it matters'],
  ['rootDomain', 'Root domain of the look-up, if it matters'],
] as const satisfies readonly (readonly [keyof Question, string])[];

interface WhyParts {
  readonly question: Partial<Question>;
  /** Undefined: nothing was asked yet. */
  readonly outcome: Explained | ParameterFault | undefined;
  readonly visitor: Visitor;
}

/** A look-up explained: what is asked, what is answered, and why. */
export function whyPage({ question, outcome, visitor }: WhyParts): string {
  return renderPage({
    title: 'Why this answer?',
    visitor,
    children: (
      <>
        <form action="/console/why">
          {fields.map(([name, label]) => (
            <label key={name}>
              {label}
              <input name={name} value={question[name] ?? ''} required={name === 'identifier' || name === 'asker'} />
            </label>
          ))}
          <button type="submit">Ask</button>
        </form>
        {outcome !== undefined && 'rule' in outcome && (
          <p class="fault" role="alert">
            {outcome.field} “{outcome.value}”: {outcome.rule}.
          </p>
        )}
        {outcome !== undefined && 'answer' in outcome && (
          <Explanation question={question} visitor={visitor} {...outcome} />
        )}
      </>
    ),
  });
}

interface ExplanationParts extends Explained {
  readonly question: Partial<Question>;
  readonly visitor: Visitor;
}

function Explanation({ question, visitor, answer, candidates }: ExplanationParts) {
  const { identifier = '', asker = '' } = question;
  return (
    <>
      <h2>Answer</h2>
      {answer.length === 0 ? (
        <p>
          {asker} gets nothing for {identifier}.
        </p>
      ) : (
        <Table
          caption="Session establishment data, in order"
          head={[
            'Position',
            'Registrant',
            'Matched',
            'SED group (priority)',
            'SED record (priority)',
            'Kind',
            'Target',
          ]}
          rows={answer.map((sed) => [
            sed.position,
            <OrganizationLink id={sed.registrant} visitor={visitor} />,
            `${sed.matchedKind} ${sed.matchedIdentifier}`,
            sed.sedGroup === null ? '' : `${sed.sedGroup} (${sed.groupPriority})`,
            `${sed.sedRecord} (${sed.recordPriority})`,
            sed.kind,
            sed.finalUri ?? sed.repl ?? sed.hostName,
          ])}
        />
      )}
      <h2>Why</h2>
      {candidates.length > 0 && (
        <Table
          caption="Every candidate, and the step that kept or dropped it"
          head={[
            'Position',
            'Verdict',
            'Step',
            'Reason',
            'Decided by',
            'Registrant',
            'Matched',
            'SED group',
            'SED record',
          ]}
          rows={candidates.map((each) => [
            each.position,
            <span class={each.verdict === 'kept' ? 'good' : 'faint'}>{each.verdict}</span>,
            each.step,
            each.reason,
            each.decidedBy,
            each.registrant,
            each.matchedKind === null ? '' : `${each.matchedKind} ${each.matchedIdentifier ?? ''}`,
            each.sedGroup,
            each.sedRecord,
          ])}
        />
      )}
      {visitor.kind === 'registrar' && (
        <p class="faint">Candidates of organizations that share nothing with you are not shown.</p>
      )}
      <h2>The same elsewhere</h2>
      <pre>{commandsOf(question)}</pre>
    </>
  );
}

/** The same look-up by SQL, over HTTP and by the command for carriers, to be copied. */
function commandsOf({ identifier = '', asker = '', sourceUri, sourceIp, rootDomain }: Partial<Question>): string {
  const sql = [identifier, asker, sourceUri, sourceIp, rootDomain].map((each) =>
    each === undefined || each === '' ? 'NULL' : `'${each.replaceAll("'", "''")}'`,
  );
  const given = Object.entries({ asker, sourceUri, sourceIp, rootDomain }).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)]));
  const path = `/lookup/${encodeURIComponent(identifier)}?${query}`;
  return [
    `SELECT * FROM sppp_api.explain(${sql.join(', ')});`,
    `curl --digest --user USER ${shellWord(`https://REGISTRY${path}`)}`,
    `sppp lookup ${shellWord(identifier)} --asker ${shellWord(asker)}`,
  ].join('\n');
}
