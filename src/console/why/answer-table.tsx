import type { Question, Sed } from '../../registry/resolve/resolve.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { Table } from '../markup/table.js';
import type { Visitor } from '../visitor.js';

interface AnswerTableParts {
  readonly caption: string;
  readonly question: Question;
  readonly answer: readonly Sed[];
  readonly visitor: Visitor;
}

const head = ['Position', 'Registrant', 'Matched', 'SED group (priority)', 'SED record (priority)', 'Kind', 'Target'];

/** The records that a look-up answers with, in their order. */
export function AnswerTable({ caption, question: { identifier, asker }, answer, visitor }: AnswerTableParts) {
  if (answer.length === 0) {
    return (
      <p>
        {asker} gets nothing for {identifier}.
      </p>
    );
  }
  return (
    <Table
      caption={caption}
      head={head}
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
  );
}
