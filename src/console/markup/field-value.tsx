import type { ComponentChildren } from 'preact';
import { keyLabel } from '../../forms/key-label.js';
import type { Key } from '../../model/key.js';
import { rantOf } from '../../model/key-of.js';
import type { Obj } from '../../model/obj.js';
import { objectPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { OrganizationLink } from './organization-link.js';
import { Fields } from './table.js';

/** A link to the page of an object. */
export function KeyLink({ at }: { readonly at: Key }) {
  return <a href={objectPath(at)}>{keyLabel(at)}</a>;
}

/** The fields of an object by the names of its elements. */
export function objectFields(object: Obj, visitor: Visitor): [string, ComponentChildren][] {
  return Object.entries(object)
    .filter(([name]) => name !== 'kind')
    .map(([name, value]) => [name, fieldValue(name, value, { object, visitor })]);
}

/** Where a field is, and who looks at it. */
interface Around {
  readonly object: Obj;
  readonly visitor: Visitor;
}

/**
 * The value of a field of an object, with links where it names objects or organizations.
 *
 * @param name the name of the element
 * @returns undefined for an empty list, and for no value
 */
export function fieldValue(name: string, value: unknown, around: Around): ComponentChildren {
  const { object, visitor } = around;
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    return (
      <ul>
        {value.map((each, index) => (
          // The order is all that tells equal entries apart.
          <li key={`${index}`}>{fieldValue(name, each, around)}</li>
        ))}
      </ul>
    );
  }
  if (name === 'rant' || name === 'rar' || name === 'peeringOrg' || name === 'offeredTo') {
    return <OrganizationLink id={String(value)} visitor={visitor} />;
  }
  if (name === 'dgName' && object.kind !== 'DestGrpType') {
    return <KeyLink at={{ kind: 'ObjKeyType', rant: object.rant, name: String(value), type: 'DestGrp' }} />;
  }
  if (isKey(value)) {
    return (
      <>
        <KeyLink at={value} /> of {rantOf(value)}
      </>
    );
  }
  if (typeof value === 'object' && value !== null) {
    return <Fields fields={Object.entries(value).map(([inner, each]) => [inner, fieldValue(inner, each, around)])} />;
  }
  return value === undefined ? undefined : String(value);
}

function isKey(value: unknown): value is Key {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  return kind === 'ObjKeyType' || kind === 'PubIdKeyType' || kind === 'SedGrpOfferKeyType';
}
