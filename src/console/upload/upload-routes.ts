import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { addableFor } from '../../authority/may.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import { grantNouns } from '../../model/grant.js';
import {
  beginConsoleUpload,
  type ConsoleUpload,
  findConsoleUpload,
  noteConsoleUpload,
  type StoredUpload,
  storeConsoleUpload,
} from '../../registry/journal/console-uploads.js';
import { findFailed } from '../../registry/journal/failed-objects.js';
import { findRequest, isServerTransId } from '../../registry/journal/journalled-requests.js';
import type { ChangeParts } from '../change.js';
import { CSV_TYPE } from '../csv-lines.js';
import { fileOf, formOf, sendPage, visitorOf } from '../exchange.js';
import { choiceIn, type Query, refused, shown, textIn } from '../query.js';
import { requireRegistrar } from '../require-registrar.js';
import { sendFile } from '../send-file.js';
import type { Visitor } from '../visitor.js';
import { failuresCsv } from './failures-csv.js';
import { keepUpload } from './keep-upload.js';
import { runPage } from './run-page.js';
import { runUpload } from './run-upload.js';
import { readUpload } from './upload-lines.js';
import { uploadPage } from './upload-page.js';

/** Failures that are read at once for the download; each may have a value of some kilobytes. */
const FAILURES_AT_ONCE = 256;

/**
 * Files of objects, as `sppp push` has them: a file is tried first; it stays with the session until the next one, so that what is
 * carried out is what was tried.
 */
export function addUpload(scope: FastifyInstance, pool: Pool, parts: ChangeParts): void {
  scope.get('/console/upload', async (request, reply) => {
    const visitor = visitorOf(request);
    return sendPage(request, reply, uploadPage({ rants: rantsOf(visitor) }, visitor));
  });

  scope.post('/console/upload', async (request, reply) => {
    const visitor = visitorOf(request);
    const caller = requireRegistrar(visitor);
    const file = fileOf(request);
    if (file === undefined) {
      const page = { fault: 'Choose a file.', rants: rantsOf(visitor) };
      return sendPage(request, reply, uploadPage(page, visitor), 400);
    }
    const upload = await keepUpload(file, optionsIn(formOf(request)), parts);
    await storeConsoleUpload(pool, visitor.sessionId, upload);
    const run = await runUpload(request, caller, { upload, mode: 'validate' }, { ...parts, pool });
    const serverTransId = run.request?.serverTransId;
    await noteConsoleUpload(pool, visitor.sessionId, upload.id, { serverTransId, isDone: false });
    return sendPage(request, reply, runPage(upload, run, visitor), run.refusal === undefined ? 200 : 400);
  });

  scope.post('/console/upload/run', async (request, reply) => {
    const visitor = visitorOf(request);
    const caller = requireRegistrar(visitor);
    const form = formOf(request);
    const mode = choiceIn({ mode: form.get('mode') ?? '' }, 'mode', ['atomic', 'partial']);
    if (mode === undefined) throw refused('mode', '', 'atomic or partial');
    const { sessionId } = visitor;
    const upload = shown(await uploadOf(pool, visitor, form.get('upload') ?? ''));
    if (!(await beginConsoleUpload(pool, sessionId, upload.id))) {
      throw new HttpRefusedError(409, 'This file has been carried out already; the page of requests has the request.');
    }
    // If it fails on the way, nobody may know what became of it: then the file is uploaded again.
    const run = await runUpload(request, caller, { upload, mode }, { ...parts, pool });
    const { serverTransId, committed: isDone = false } = run.request ?? {};
    await noteConsoleUpload(pool, sessionId, upload.id, { serverTransId, isDone });
    return sendPage(request, reply, runPage(upload, run, visitor));
  });

  scope.get<{ Querystring: Query }>('/console/upload/failures.csv', async (request, reply) => {
    const visitor = visitorOf(request);
    const caller = requireRegistrar(visitor);
    const upload = shown(await uploadOf(pool, visitor, textIn(request.query, 'upload')));
    const run = upload.lastRun === null ? undefined : await findRequest(pool, upload.lastRun);
    const refusedBehind = run && ((after: number) => findFailed(pool, run.id, after, FAILURES_AT_ONCE));
    const file = { name: 'failures.csv', mediaType: CSV_TYPE };
    const lines = readUpload(upload, parts.archive.key, caller.registrar);
    return sendFile(request, reply, file, failuresCsv(lines, refusedBehind));
  });
}

/** The registrants for which a visitor may add something. */
function rantsOf(visitor: Visitor): string[] {
  const caller = requireRegistrar(visitor);
  return [...new Set(grantNouns.flatMap((noun) => addableFor(caller, noun)))];
}

async function uploadOf(pool: Pool, { sessionId }: Visitor, id: string): Promise<StoredUpload | undefined> {
  return isServerTransId(id) ? findConsoleUpload(pool, sessionId, id) : undefined;
}

function isTicked(form: URLSearchParams, name: string): boolean {
  return choiceIn({ [name]: form.get(name) ?? '' }, name, ['yes']) !== undefined;
}

/** What the lines of the file mean (forms/form-line). */
function optionsIn(form: URLSearchParams): ConsoleUpload['options'] {
  const [rant, country] = ['rant', 'country'].map((name) => form.get(name)?.trim() ?? '');
  return {
    verb: isTicked(form, 'delete') ? 'delete' : 'add',
    normalize: isTicked(form, 'normalize'),
    ...(rant === '' || rant === undefined ? {} : { rant }),
    ...(country === '' || country === undefined ? {} : { country }),
  };
}
