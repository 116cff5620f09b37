import type { ComponentChildren } from 'preact';
import { keyLabel } from '../forms/key-label.js';
import type { Key } from '../model/key.js';
import { rantOf } from '../model/key-of.js';
import type { Obj } from '../model/obj.js';
import type { ObjectState } from './object.js';
import { OrganizationLink } from './organization-link.js';
import { renderPage } from './page.js';
import { kindOfKey, objectPath, requestPath, whyPath } from './paths.js';
import { Fields, Table } from './table.js';
import { Time } from './time.js';
import type { Visitor } from './visitor.js';

/** All that a visitor may see of an object. */
export function objectPage(key: Key, state: ObjectState, visitor: Visitor): string {
  const { object, isOwn, referring, requests } = state;
  return renderPage({
    title: `${kindOfKey(key)} ${keyLabel(key)}`,
    visitor,
    children: (
      <>
        {object === undefined ? (
          <p role="status">There is no such object now.</p>
        ) : (
          <Fields fields={fieldsOf(object, visitor)} />
        )}
        {!isOwn && <p class="faint">It belongs to another organization, which shares it with yours.</p>}
        {key.kind === 'PubIdKeyType' && key.number !== undefined && (
          <p>
            <a href={whyPath(key.number.value, key.rant)}>What does a look-up of it answer, and why?</a>
          </p>
        )}
        {referring.length > 0 && (
          <Table
            caption="What refers to it"
            head={['Kind', 'Name', 'Registrant']}
            rows={referring.map((each) => [kindOfKey(each), <KeyLink at={each} />, rantOf(each)])}
          />
        )}
        {requests.length > 0 && (
          <Table
            caption="Requests"
            head={['Received', 'What', 'Request', 'Registrar']}
            rows={requests.map(({ what, request: { receivedAt, serverTransId, registrar } }) => [
              <Time at={receivedAt} />,
              what,
              <a href={requestPath(serverTransId)}>{serverTransId}</a>,
              registrar,
            ])}
          />
        )}
      </>
    ),
  });
}

function KeyLink({ at }: { readonly at: Key }) {
  return <a href={objectPath(at)}>{keyLabel(at)}</a>;
}

/** The fields of an object by the names of its elements, with links where they name other objects. */
function fieldsOf(object: Obj, visitor: Visitor): [string, ComponentChildren][] {
  return Object.entries(object)
    .filter(([name]) => name !== 'kind')
    .map(([name, value]) => [name, shown(name, value, { object, visitor })]);
}

interface Around {
  readonly object: Obj;
  readonly visitor: Visitor;
}

function shown(name: string, value: unknown, around: Around): ComponentChildren {
  const { object, visitor } = around;
  if (Array.isArray(value)) {
    if (value.length === 0) return undefined;
    return (
      <ul>
        {value.map((each, index) => (
          // The order is all that tells equal entries apart.
          <li key={`${index}`}>{shown(name, each, around)}</li>
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
    return <Fields fields={Object.entries(value).map(([inner, each]) => [inner, shown(inner, each, around)])} />;
  }
  return value === undefined ? undefined : String(value);
}

function isKey(value: unknown): value is Key {
  const kind = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  return kind === 'ObjKeyType' || kind === 'PubIdKeyType' || kind === 'SedGrpOfferKeyType';
}
