import { MAX_STORED_FAILURES } from '../../operations/failures.js';
import type { ConsoleUpload } from '../../registry/journal/console-uploads.js';
import type { JournalRow } from '../../registry/journal/journalled-requests.js';
import { visible } from '../../values/visible.js';
import { FormToken, renderPage } from '../markup/page.js';
import { Fields, Table } from '../markup/table.js';
import { requestPath, uploadFailuresPath } from '../paths.js';
import type { Visitor } from '../visitor.js';
import type { UploadRun } from './run-upload.js';

/** What became of an uploaded file, or would become of it, and the buttons that carry it out. */
export function runPage(
  { id, fileName, options: { verb } }: Pick<ConsoleUpload, 'id' | 'fileName' | 'options'>,
  run: UploadRun,
  visitor: Visitor,
): string {
  const { mode, lines, faultyLines, failures, request, refusal } = run;
  const isTrial = mode === 'validate';
  const good = request === undefined ? 0 : goodOf(request, mode);
  const carryOut = verb === 'delete' ? 'Delete' : 'Carry it out';
  const failed = faultyLines + (request?.failed ?? 0);
  return renderPage({
    title: `${isTrial ? 'Dry run' : 'Upload'} of ${visible(fileName)}`,
    visitor,
    children: (
      <>
        <p class={request?.code === 1000 && faultyLines === 0 ? 'good' : 'bad'} role="status">
          {refusal ?? statusText(request)}
        </p>
        {(isTrial || refusal !== undefined) && <p>Nothing was changed yet.</p>}
        <Fields
          fields={[
            ['What it does', verb === 'delete' ? 'deletes objects; an SPPP message has its own verbs' : undefined],
            ['Lines', lines],
            ['Lines that cannot be read', faultyLines],
            [isTrial ? 'Objects that would be done' : 'Objects that are done', good],
            ['Objects that the registry refuses', request && failedText(request)],
            ['Request', request && <a href={requestPath(request.serverTransId)}>{request.serverTransId}</a>],
          ]}
        />
        {failures.length > 0 && (
          <>
            <Table
              caption="Failures, in the order of the file"
              head={['Line', 'Object', 'Code', 'Attribute', 'Value', 'Reason']}
              rows={failures.map(({ line, key, code, attribute, value, reason }) => [
                ...[line, key, code, attribute],
                ...[value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value, reason],
              ])}
            />
            <p>
              <a href={uploadFailuresPath(id)} download>
                All failures as CSV
              </a>
            </p>
            {request !== undefined && request.failed > MAX_STORED_FAILURES && (
              <p class="faint">Of the objects that it refuses, the registry records the first {MAX_STORED_FAILURES}.</p>
            )}
          </>
        )}
        {isTrial && good > 0 && (
          <form method="post" action="/console/upload/run">
            <FormToken visitor={visitor} />
            <input type="hidden" name="upload" value={id} />
            {failed === 0 && (
              <button type="submit" name="mode" value="atomic">
                {carryOut}, all or nothing
              </button>
            )}{' '}
            <button type="submit" name="mode" value="partial">
              {carryOut} without what fails
            </button>
          </form>
        )}
        <p>
          <a href="/console/upload">Upload another file</a>
        </p>
      </>
    ),
  });
}

/** Characters of a value that are shown. */
const MAX_VALUE = 200;

function statusText(request: JournalRow | undefined): string {
  return request === undefined ? 'No line of the file can be sent.' : `${request.code} ${request.message}`;
}

function goodOf({ code, objects, failed }: JournalRow, mode: UploadRun['mode']): number {
  return code === 1000 ? objects : mode === 'atomic' ? 0 : objects - failed;
}

function failedText({ failed, codes }: JournalRow): string {
  const counts = Object.entries(codes ?? {}).map(([code, count]) => `${count} × ${code}`);
  return counts.length === 0 ? String(failed) : `${failed}: ${counts.join(', ')}`;
}
