import { grantCell } from '../../authority/grant-cell.js';
import { grantNouns, grantVerbs } from '../../model/grant.js';
import type { Grants } from '../../model/grants.js';
import { Table } from '../markup/table.js';

interface GrantTableParts {
  readonly before: Grants;
  /** With a change; the same if there is none. */
  readonly after: Grants;
  readonly registrant: string;
}

/** What grants allow together for a registrant: kinds of object by verbs, and where a change alters that, both. */
export function GrantTable({ before, after, registrant }: GrantTableParts) {
  return (
    <Table
      caption={before === after ? 'What the grants allow together' : 'What the grants will allow together'}
      head={['Objects', ...grantVerbs]}
      rows={grantNouns.map((noun) => [
        noun,
        ...grantVerbs.map((verb) => {
          const [was, is] = [before, after].map((grants) => grantCell(grants, verb, noun, registrant));
          return was === is ? is : <strong>{`${was} → ${is}`}</strong>;
        }),
      ])}
    />
  );
}
