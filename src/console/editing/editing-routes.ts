import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import type { Caller } from '../../authority/caller.js';
import { addableFor, mayAdd } from '../../authority/may.js';
import { differencesBetween } from '../../forms/differences.js';
import type { FormKind } from '../../forms/form-kind.js';
import { isKeyFault, readKey } from '../../forms/key-text.js';
import { HttpRefusedError } from '../../http/http-refused.js';
import type { Key } from '../../model/key.js';
import { keyOf } from '../../model/key-of.js';
import type { Obj } from '../../model/obj.js';
import type { SpppResponse } from '../../sppp/message.js';
import { message } from '../../sppp/result.js';
import { type ChangeParts, carryOut } from '../change.js';
import { formOf, sendPage, visitorOf } from '../exchange.js';
import { getObject, isOfRequest, maySee } from '../objects/object.js';
import { editedPath } from '../paths.js';
import { choiceIn, type Query, refused, shown, textIn } from '../query.js';
import { findShown } from '../requests/request.js';
import { requireRegistrar } from '../require-registrar.js';
import { blankDraft, type DraftFault, draftIn, draftOf, markOf, readDraft } from './draft.js';
import { editPage } from './edit-page.js';
import { editedPage } from './edited-page.js';
import { fieldsOf } from './fields.js';
import { editedKinds, nounOfKind } from './object-kinds.js';
import { sureToChangePage, sureToDeletePage } from './sure-page.js';

/** Bytes of a form at most: an SED group with a thousand names of 80 characters fits. */
const MAX_FORM_BYTES = 1_048_576;

/**
 * Forms by which registrars add, change and delete objects. What is sent first is tried: a page shows what the registry would
 * answer, and its button does it.
 */
export function addEditing(scope: FastifyInstance, pool: Pool, parts: ChangeParts): void {
  scope.get<{ Querystring: Query }>('/console/edit', async (request, reply) => {
    const visitor = visitorOf(request);
    const caller = requireRegistrar(visitor);
    const { query } = request;
    if (textIn(query, 'key') === '') {
      const kind = kindIn({ kind: textIn(query, 'kind') });
      const rants = addableFor(caller, nounOfKind(kind));
      if (rants.length === 0) throw new HttpRefusedError(403, 'No grant of yours lets you add one.');
      return sendPage(request, reply, editPage({ draft: blankDraft(kind, rants), seen: '', rants }, visitor));
    }
    const key = keyIn(textIn(query, 'key'));
    const object = shown(await readOwn(pool, key, caller));
    if (object.kind === 'SedGrpOfferType') {
      throw refused('key', textIn(query, 'key'), 'no offer: it is accepted, rejected or deleted');
    }
    const refusal = mayAdd(caller, { ...object, rar: caller.registrar });
    if (refusal !== undefined) throw new HttpRefusedError(403, `${message(refusal)}.`);
    return sendPage(request, reply, editPage({ draft: draftOf(object), seen: markOf(object), rants: [] }, visitor));
  });

  scope.post('/console/edit', { bodyLimit: MAX_FORM_BYTES }, async (request, reply) => {
    const visitor = visitorOf(request);
    const caller = requireRegistrar(visitor);
    const form = formOf(request);
    const kind = kindIn({ kind: form.get('kind') ?? '' });
    const draft = draftIn(kind, form);
    const seen = form.get('seen') ?? '';
    const step = form.get('step') ?? '';
    const state = { draft, seen, rants: addableFor(caller, nounOfKind(kind)) };
    if (step === 'edit') return sendPage(request, reply, editPage(state, visitor));
    const object = readDraft(draft, caller.registrar);
    if (!('kind' in object)) return sendPage(request, reply, editPage({ ...state, faults: object }, visitor), 400);
    const key = keyOf(object);
    const stored = await readOwn(pool, key, caller);
    if (kind === 'sedGrpOffer' && stored !== undefined) {
      throw new HttpRefusedError(409, 'There is such an offer; it is accepted, rejected or deleted, and not changed.');
    }
    const mark = markOf(stored);
    if (mark !== seen) {
      const differences = stored === undefined ? [] : differencesBetween(stored, object);
      const overtaken = { stored, asked: object, differences, isChange: seen !== '' };
      return sendPage(request, reply, editPage({ ...state, seen: mark, overtaken }, visitor), 409);
    }
    const isSure = step === 'do';
    const mode = isSure ? 'atomic' : 'validate';
    const response = await carryOut(request, caller, { verb: 'add', subjects: [object], mode }, parts);
    if (response.overall.code !== 1000) {
      const faults = faultsIn(response, kind);
      return sendPage(request, reply, editPage({ ...state, response, faults }, visitor));
    }
    // A page that is loaded again must not change anything again.
    if (isSure) return reply.redirect(editedPath(response.serverTransId, key), 303);
    const sure = { draft, seen, object, stored, foreseen: response };
    return sendPage(request, reply, sureToChangePage(sure, visitor));
  });

  scope.post('/console/delete', async (request, reply) => {
    const visitor = visitorOf(request);
    const caller = requireRegistrar(visitor);
    const form = formOf(request);
    const key = keyIn(form.get('key') ?? '');
    const seen = markOf(await readOwn(pool, key, caller));
    const isSure = form.get('sure') === 'yes';
    const isOvertaken = isSure && form.get('seen') !== seen;
    const mode = isSure && !isOvertaken ? 'atomic' : 'validate';
    const response = await carryOut(request, caller, { verb: 'delete', subjects: [key], mode }, parts);
    if (mode === 'atomic' && response.overall.code === 1000)
      return reply.redirect(editedPath(response.serverTransId, key), 303);
    return sendPage(request, reply, sureToDeletePage({ key, seen, foreseen: response, isOvertaken }, visitor));
  });

  scope.get<{ Querystring: Query }>('/console/edited', async (request, reply) => {
    const visitor = visitorOf(request);
    const key = keyIn(textIn(request.query, 'key'));
    const row = shown(await findShown(pool, textIn(request.query, 'id'), visitor));
    // An address can be made up, or somebody else may have changed the object since.
    const isOfObject = await isOfRequest(pool, key, row.id);
    return sendPage(request, reply, editedPage(row, isOfObject ? key : undefined, visitor));
  });
}

function kindIn(query: Query): FormKind {
  const kind = choiceIn(query, 'kind', editedKinds);
  if (kind === undefined) throw refused('kind', '', `one of ${editedKinds.join(', ')}`);
  return kind;
}

function keyIn(text: string): Key {
  const key = readKey(text, undefined);
  if (isKeyFault(key)) throw refused(key.field, key.value, key.rule);
  return key;
}

/** The object of a key as a registrar of its registrant sees it; undefined if there is none, or none that it may see. */
async function readOwn(pool: Pool, key: Key, caller: Caller): Promise<Obj | undefined> {
  return maySee(key, caller) ? getObject(pool, key, caller) : undefined;
}

/** Verdicts of the registry about fields of the form. */
function faultsIn({ details = [] }: SpppResponse, kind: FormKind): DraftFault[] {
  return details.flatMap(({ result: { attr, code, reason } }) => {
    const field = fieldsOf(kind).find(({ column }) => column.name === attr?.attrName);
    const [input] = field?.inputs ?? [];
    if (attr === undefined || input === undefined) return [];
    return [{ input, value: attr.attrVal, rule: reason ?? message({ code }) }];
  });
}
