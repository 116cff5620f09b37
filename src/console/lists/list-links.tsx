import { mayRead } from '../../authority/may.js';
import { objectsPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { objectLists } from './object-lists.js';

interface ListLinksParts {
  readonly visitor: Visitor;
  /** The registrant whose objects they have; undefined: all. */
  readonly rant?: string;
}

/** Links to the lists of objects of all types; of one registrant, to those that the visitor may see. */
export function ListLinks({ visitor, rant }: ListLinksParts) {
  const lists = objectLists.filter(
    ({ noun }) =>
      visitor.kind === 'operator' || rant === undefined || mayRead(visitor.caller, noun, rant) === undefined,
  );
  if (lists.length === 0) return 'none that you may see';
  return (
    <ul>
      {lists.map(({ name, title }) => (
        <li key={name}>
          <a href={objectsPath(name, rant === undefined ? {} : { rant })}>{title}</a>
        </li>
      ))}
    </ul>
  );
}
