import type { Question } from '../../registry/resolve/resolve.js';
import type { ParameterFault } from '../../values/parameter-fault.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Table } from '../markup/table.js';
import { objectPath } from '../paths.js';
import type { Drawing } from '../pictures/drawing.js';
import { Picture } from '../pictures/picture.js';
import type { Visitor } from '../visitor.js';
import { AnswerTable } from './answer-table.js';
import { elsewhere } from './elsewhere.js';
import type { Switch } from './switches.js';
import { SwitchesForm } from './switches-form.js';
import type { Explained } from './why.js';

const fields = [
  ['identifier', 'Number, rn= and a number, or URI'],
  ['asker', 'Organization that asks'],
  ['sourceUri', 'URI of the calling party, if it matters'],
  ['sourceIp', 'Address of the client that the look-up is for, if it matters'],
  ['rootDomain', 'Root domain of the look-up, if it matters'],
] as const satisfies readonly (readonly [keyof Question, string])[];

/** A look-up explained, as its page shows it. */
export interface Explanation extends Explained {
  /** The way as a picture; undefined where none can be drawn. */
  readonly drawing: Drawing | undefined;
  /** How many of the candidates are in the picture. */
  readonly drawn: number;
  /** What the visitor may try to change. */
  readonly switches: readonly Switch[];
}

interface WhyParts {
  readonly question: Question;
  /** Undefined: nothing was asked yet. */
  readonly outcome: Explanation | ParameterFault | undefined;
  readonly visitor: Visitor;
}

/** A look-up explained: what is asked, what is answered, and why. */
export function whyPage({ question, outcome, visitor }: WhyParts): string {
  return renderPage({
    title: 'Why this answer?',
    visitor,
    children: (
      <>
        <form action="/console/why" class="fields">
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
          <Answered question={question} visitor={visitor} explanation={outcome} />
        )}
      </>
    ),
  });
}

interface AnsweredParts {
  readonly question: Question;
  readonly visitor: Visitor;
  readonly explanation: Explanation;
}

function Answered({ question, visitor, explanation }: AnsweredParts) {
  const { answer, candidates, drawing, drawn, switches } = explanation;
  return (
    <>
      <h2>Answer</h2>
      <AnswerTable
        caption="Session establishment data, in order"
        question={question}
        answer={answer}
        visitor={visitor}
      />
      <h2>Why</h2>
      {candidates.length > 0 && (
        <>
          <Picture
            title={`The way from ${question.identifier} to the answer for ${question.asker}`}
            description={describe(explanation)}
            drawing={drawing}
          />
          {drawn < candidates.length && (
            <p class="faint">
              The picture has {drawn} of {candidates.length} candidates; the table has all.
            </p>
          )}
          <Candidates candidates={candidates} visitor={visitor} />
        </>
      )}
      {visitor.kind === 'registrar' && (
        <p class="faint">Candidates of organizations that share nothing with you are not shown.</p>
      )}
      {switches.length > 0 && <SwitchesForm question={question} switches={switches} visitor={visitor} />}
      <h2>The same elsewhere</h2>
      {elsewhere(question, candidates).map(([name, text]) => (
        <section key={name} aria-label={name}>
          <h3>{name}</h3>
          <pre>{text}</pre>
        </section>
      ))}
    </>
  );
}

function describe({ candidates }: Explained): string {
  const kept = candidates.filter(({ verdict }) => verdict === 'kept').length;
  return (
    `Solid lines lead to the ${kept} candidates that were kept, dashed and faint ones to the reasons why ` +
    `${candidates.length - kept} were dropped. The table of candidates says the same in words.`
  );
}

function Candidates({ candidates, visitor }: Pick<Explained, 'candidates'> & { readonly visitor: Visitor }) {
  return (
    <Table
      caption="Every candidate, and the step that kept or dropped it"
      head={['Position', 'Verdict', 'Step', 'Reason', 'Decided by', 'Registrant', 'Matched', 'SED group', 'SED record']}
      rows={candidates.map((each) => [
        each.position,
        <span class={each.verdict === 'kept' ? 'good' : 'faint'}>{each.verdict}</span>,
        each.step,
        each.reason,
        each.decidedBy,
        each.registrant && <OrganizationLink id={each.registrant} visitor={visitor} />,
        each.matchedKind === null ? '' : `${each.matchedKind} ${each.matchedIdentifier ?? ''}`,
        <ObjectLink type="SedGrp" rant={each.registrant} name={each.sedGroup} />,
        <ObjectLink type="SedRec" rant={each.recordRegistrant} name={each.sedRecord} />,
      ])}
    />
  );
}

interface ObjectLinkParts {
  readonly type: 'SedGrp' | 'SedRec';
  readonly rant: string | null;
  readonly name: string | null;
}

/** The name of an object, which leads to its page; nothing where a candidate did not get so far. */
function ObjectLink({ type, rant, name }: ObjectLinkParts) {
  if (rant === null || name === null) return null;
  return <a href={objectPath({ kind: 'ObjKeyType', rant, name, type })}>{name}</a>;
}
