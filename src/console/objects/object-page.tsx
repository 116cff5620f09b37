import { keyLabel } from '../../forms/key-label.js';
import type { Key } from '../../model/key.js';
import { rantOf } from '../../model/key-of.js';
import { Edits } from '../editing/edits.js';
import { KeyLink, objectFields } from '../markup/field-value.js';
import { OrganizationLink } from '../markup/organization-link.js';
import { renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { historyPath, kindOfKey, objectsPath, requestPath, whyPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { ObjectState } from './object.js';

/** All that a visitor may see of an object. */
export function objectPage(key: Key, state: ObjectState, visitor: Visitor): string {
  const { object, isOwn, referring, readers, requests } = state;
  return renderPage({
    title: `${kindOfKey(key)} ${keyLabel(key)}`,
    visitor,
    children: (
      <>
        {object === undefined ? (
          <p role="status">There is no such object now.</p>
        ) : (
          <Fields fields={objectFields(object, visitor)} />
        )}
        {isOwn && object !== undefined && <Edits at={key} object={object} visitor={visitor} />}
        {!isOwn && <p class="faint">It belongs to another organization, which shares it with yours.</p>}
        {key.kind === 'PubIdKeyType' && key.number !== undefined && (
          <p>
            <a href={whyPath(key.number.value, key.rant)}>What does a look-up of it answer, and why?</a>
          </p>
        )}
        {isOwn && (
          <p>
            <a href={historyPath(key)}>What was changed, and by which requests?</a>
          </p>
        )}
        {referring.length > 0 && (
          <Table
            caption="What refers to it"
            head={['Kind', 'Name', 'Registrant']}
            rows={referring.map((each) => [kindOfKey(each), <KeyLink at={each} />, rantOf(each)])}
          />
        )}
        {key.kind === 'ObjKeyType' && key.type === 'DestGrp' && isOwn && (
          <ul>
            <li>
              <a href={objectsPath('pubId', { rant: key.rant, destGrp: key.name })}>All public identifiers in it</a>
            </li>
            <li>
              <a href={objectsPath('sedGrp', { rant: key.rant, destGrp: key.name })}>All SED groups with it</a>
            </li>
          </ul>
        )}
        {readers.length > 0 && (
          <Table
            caption="Who may see it, besides operators"
            head={['Organization', 'By']}
            rows={readers.map(({ orgId, by }) => [
              <OrganizationLink id={orgId} visitor={visitor} />,
              by === 'grant' ? 'a grant for its registrant' : 'an offer',
            ])}
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
