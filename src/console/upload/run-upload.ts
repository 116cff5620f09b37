import type { FastifyRequest } from 'fastify';
import type { Pool } from 'pg';
import type { Caller } from '../../authority/caller.js';
import { FormError } from '../../forms/fault.js';
import type { FormItem } from '../../forms/form-line.js';
import type { Mode } from '../../operations/outcome.js';
import { OperatorError } from '../../operator-error.js';
import type { ConsoleUpload } from '../../registry/journal/console-uploads.js';
import { type FailedObject, findFailed } from '../../registry/journal/failed-objects.js';
import { findRequest, type JournalRow } from '../../registry/journal/journalled-requests.js';
import type { SpppResponse } from '../../sppp/message.js';
import { message } from '../../sppp/result.js';
import { BATCH, type ChangeParts, carryOutItems } from '../change.js';
import { failuresOf, type LineFailure, readUpload, UploadItems } from './upload-lines.js';

/** Failures on a page; the download has all. */
export const MAX_SHOWN_FAILURES = 100;

/** What became of an uploaded file. */
export interface UploadRun {
  readonly mode: Mode;
  /** Data lines that were read. */
  readonly lines: number;
  /** Those of them that could not be sent. */
  readonly faultyLines: number;
  /** The first ones, in the order of the file. */
  readonly failures: readonly LineFailure[];
  /** The request with all other lines; undefined: there was none. */
  readonly request: JournalRow | undefined;
  /** Why there was none, if the file cannot be read. */
  readonly refusal: string | undefined;
}

/**
 * Carries out the lines of an uploaded file in one request, or tries them: by the stages of every request.
 *
 * @param mode with `atomic`, a line that cannot be read undoes all
 * @throws HttpRefusedError what `carryOut` throws
 */
export async function runUpload(
  request: FastifyRequest,
  caller: Caller,
  { upload, mode }: { readonly upload: ConsoleUpload; readonly mode: Mode },
  parts: ChangeParts & { readonly pool: Pool },
): Promise<UploadRun> {
  const items = new UploadItems(MAX_SHOWN_FAILURES);
  const batches = items.of(readUpload(upload, parts.archive.key, caller.registrar));
  const seen = () => ({ mode, lines: items.lines, faultyLines: items.faultyLines });
  try {
    const first = await batches.next();
    if (first.done) return { ...seen(), failures: items.failures, request: undefined, refusal: undefined };
    const all = async function* (): AsyncGenerator<readonly FormItem[]> {
      yield first.value;
      yield* batches;
      if (mode === 'atomic' && items.faultyLines > 0) throw new OperatorError('Lines with faults undo all.');
    };
    const response = await carryOutItems(request, caller, { rule: BATCH, batches: all(), mode }, parts);
    response.held?.drop();
    return { ...seen(), ...(await requestOf(response, items, parts.pool)), refusal: undefined };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    const told = error instanceof FormError ? failuresOf(error) : [];
    const refusal = error instanceof FormError ? 'The file cannot be read.' : error.message;
    const failures = [...items.failures, ...told].slice(0, MAX_SHOWN_FAILURES);
    return { ...seen(), failures, request: undefined, refusal };
  }
}

async function requestOf(
  { serverTransId }: SpppResponse,
  items: UploadItems,
  pool: Pool,
): Promise<Pick<UploadRun, 'request' | 'failures'>> {
  const request = await findRequest(pool, serverTransId);
  const { failed } = request === undefined ? { failed: [] } : await findFailed(pool, request.id, 0, MAX_SHOWN_FAILURES);
  const refused = failed.map((each) => failureOf(each, items.lineOf(each.index)));
  const failures = [...items.failures, ...refused].sort((a, b) => a.line - b.line).slice(0, MAX_SHOWN_FAILURES);
  return { request, failures };
}

/** An object that the registry has refused, with its line. */
export function failureOf(failed: FailedObject, line: number): LineFailure {
  const { identifier, code, attrName: attribute, attrVal: value, reason } = failed;
  const text = reason ?? message({ code: code as 2101 | 2102 | 2103 });
  return { line, key: identifier ?? '', code, attribute, value, reason: text };
}
