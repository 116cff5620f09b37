import { keyLabel } from '../../forms/key-label.js';
import { keyText } from '../../forms/key-text.js';
import type { Key } from '../../model/key.js';
import type { Version, VersionPage } from '../../operations/versions.js';
import { Differences } from '../markup/differences.js';
import { KeyLink, objectFields } from '../markup/field-value.js';
import { renderPage } from '../markup/page.js';
import { Fields } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { kindOfKey, requestPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import { type Step, stepsOf } from './history.js';

/** What was changed of an object, by which request, field by field; the latest change first. */
export function historyPage(key: Key, { versions, next, unread }: VersionPage, visitor: Visitor): string {
  return renderPage({
    title: `History of ${kindOfKey(key)} ${keyLabel(key)}`,
    visitor,
    children: (
      <>
        <p>
          {kindOfKey(key)} <KeyLink at={key} />
        </p>
        {versions.length === 0 && <p role="status">No request about it is on record among those looked at.</p>}
        {stepsOf(versions).map((step, index) => (
          // One request may change an object several times.
          <section key={`${index}`}>
            <h2>
              <Time at={step.version.request.receivedAt} /> {verbs[step.version.verb]}
            </h2>
            <Changes step={step} visitor={visitor} />
          </section>
        ))}
        {[...unread].map(([why, requests]) => (
          <p key={why} class="faint">
            {requests} requests were not read: {why}.
          </p>
        ))}
        {visitor.kind === 'registrar' && <p class="faint">Requests of other registrars are not looked at.</p>}
        {next !== undefined && (
          <p>
            <a href={`/console/history?${new URLSearchParams({ key: keyText(key), before: String(next) })}`}>
              Look for older ones
            </a>
          </p>
        )}
      </>
    ),
  });
}

const verbs: Readonly<Record<Version['verb'], string>> = {
  add: 'written',
  delete: 'deleted',
  accept: 'accepted',
  reject: 'rejected',
};

function Changes({ step, visitor }: { readonly step: Step; readonly visitor: Visitor }) {
  const { version, older, differences } = step;
  const { request, object } = version;
  const former = older?.object;
  return (
    <>
      <p>
        Request <a href={requestPath(request.serverTransId)}>{request.serverTransId}</a>
        {request.registrar !== null && ` of ${request.registrar}`}
        {object !== undefined && differences === undefined && beginningText(older)}
        {differences?.length === 0 && ', which changed nothing'}
      </p>
      {object !== undefined && differences === undefined && <Fields fields={objectFields(object, visitor)} />}
      {object !== undefined && former !== undefined && differences !== undefined && differences.length > 0 && (
        <Differences
          caption="What it changed"
          head={['Before', 'After']}
          from={former}
          to={object}
          differences={differences}
          visitor={visitor}
        />
      )}
    </>
  );
}

/** Why a version is not compared with another one. */
function beginningText(older: Version | undefined): string {
  return older === undefined ? ', the first one that is known so far' : ', which added it anew';
}
