import type { Tried } from '../../operations/try-changes.js';
import type { Question } from '../../registry/resolve/resolve.js';
import { message } from '../../sppp/result.js';
import { renderPage } from '../markup/page.js';
import { trialPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { AnswerTable } from './answer-table.js';
import type { Turned } from './trial.js';
import type { Explained } from './why.js';

interface TrialPageParts {
  readonly question: Question;
  readonly turned: readonly Turned[];
  /** Undefined: nothing was turned. */
  readonly tried: Tried<Explained> | undefined;
  readonly visitor: Visitor;
}

/** What would change if something were turned: the answers before and after, or why the registry would refuse it. */
export function trialPage({ question, turned, tried, visitor }: TrialPageParts): string {
  return renderPage({
    title: 'What would change',
    visitor,
    children: (
      <>
        {tried === undefined ? (
          <p role="status">Nothing was turned: every switch is as the registry has it.</p>
        ) : (
          <Outcome question={question} turned={turned} tried={tried} visitor={visitor} />
        )}
        <p>
          <a href={trialPath(question)}>Back to the look-up</a>
        </p>
      </>
    ),
  });
}

function Outcome({ question, turned, tried, visitor }: TrialPageParts & { readonly tried: Tried<Explained> }) {
  const { before, after, refused } = tried;
  return (
    <>
      <p>This was tried and undone; nothing is changed in the registry:</p>
      <ul>
        {turned.map(({ text }) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
      {after === undefined ? (
        <ul class="bad" role="alert">
          {refused.map(({ result }, index) => (
            <li key={index}>
              {result.code} {message(result)}
            </li>
          ))}
        </ul>
      ) : (
        <p role="status">
          {JSON.stringify(before.answer) === JSON.stringify(after.answer)
            ? 'The answer would stay as it is.'
            : 'The answer would change.'}
        </p>
      )}
      <h2>Before</h2>
      <AnswerTable caption="The answer as it is" question={question} answer={before.answer} visitor={visitor} />
      {after && (
        <>
          <h2>After</h2>
          <AnswerTable
            caption="The answer as it would be"
            question={question}
            answer={after.answer}
            visitor={visitor}
          />
        </>
      )}
    </>
  );
}
