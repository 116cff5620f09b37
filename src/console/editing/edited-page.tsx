import { keyLabel } from '../../forms/key-label.js';
import type { Key } from '../../model/key.js';
import type { JournalRow } from '../../registry/journal/journalled-requests.js';
import { KeyLink } from '../markup/field-value.js';
import { renderPage } from '../markup/page.js';
import { Fields } from '../markup/table.js';
import { Time } from '../markup/time.js';
import { kindOfKey, requestPath } from '../paths.js';
import type { Visitor } from '../visitor.js';

/**
 * What became of a change: the answer of the registry, and the ways to the object and to the request.
 *
 * @param key undefined: it is not known that the request changed an object last
 */
export function editedPage(
  { code, message, serverTransId, receivedAt }: JournalRow,
  key: Key | undefined,
  visitor: Visitor,
): string {
  return renderPage({
    title: key === undefined ? 'A change' : `${kindOfKey(key)} ${keyLabel(key)}`,
    visitor,
    children: (
      <>
        <p class={code === 1000 ? 'good' : 'bad'} role="status">
          {code} {message}
        </p>
        <Fields
          fields={[
            ['Object', key && <KeyLink at={key} />],
            ['Request', <a href={requestPath(serverTransId)}>{serverTransId}</a>],
            ['Received', <Time at={receivedAt} />],
          ]}
        />
      </>
    ),
  });
}
