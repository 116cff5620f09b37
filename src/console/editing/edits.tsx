import { addableFor, mayAdd, mayDelete } from '../../authority/may.js';
import { keyText } from '../../forms/key-text.js';
import type { Key } from '../../model/key.js';
import type { Noun } from '../../model/noun.js';
import type { Obj } from '../../model/obj.js';
import { FormToken } from '../markup/page.js';
import { changePath, newPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { kindName, kindsOf } from './object-kinds.js';

interface EditsParts {
  readonly at: Key;
  readonly object: Obj;
  readonly visitor: Visitor;
}

/** The ways to change an object and to delete it, if its visitor may. */
export function Edits({ at, object, visitor }: EditsParts) {
  if (visitor.kind === 'operator') return null;
  const { caller } = visitor;
  // An offer is answered or taken back; there is nothing else to change.
  const isChangeable =
    object.kind !== 'SedGrpOfferType' && mayAdd(caller, { ...object, rar: caller.registrar }) === undefined;
  return (
    <>
      {isChangeable && (
        <p>
          <a href={changePath(at)}>Change it</a>
        </p>
      )}
      {mayDelete(caller, at) === undefined && (
        <form method="post" action="/console/delete">
          <FormToken visitor={visitor} />
          <input type="hidden" name="key" value={keyText(at)} />
          <button type="submit">Delete it</button>
        </form>
      )}
    </>
  );
}

/** The ways to the forms of new objects of a noun, if the visitor may add some. */
export function Additions({ noun, visitor }: { readonly noun: Noun; readonly visitor: Visitor }) {
  if (visitor.kind === 'operator' || addableFor(visitor.caller, noun).length === 0) return null;
  return (
    <ul class="ways">
      {kindsOf(noun).map((kind) => (
        <li key={kind}>
          <a href={newPath(kind)}>New {kindName(kind)}</a>
        </li>
      ))}
    </ul>
  );
}
