import type { Connection, HttpAnswer } from '../client/connect.js';
import { HttpStatusError, LostAnswerError, UnreadableAnswerError } from '../client/sppp-error.js';
import { type Line, textLines } from '../forms/text-lines.js';
import type { Noun } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import { type ObjKind, objKinds } from '../model/object-order.js';

/** The first line of a list (docs/clients.md). */
export interface ListHead {
  readonly list: 1;
  readonly registrar: string;
  /** When it was begun. */
  readonly at: string;
  /** By noun, the registrants all of whose objects are in the list. */
  readonly whole: Readonly<Partial<Record<Noun, readonly string[]>>>;
}

/** An object of a list. */
export interface Listed {
  readonly object: Obj;
  /** It is another registrant's, and shared with the login. */
  readonly isShared: boolean;
}

export interface ListFilter {
  readonly kind?: readonly ObjKind[] | undefined;
  /** Organization ids of registrants. */
  readonly rant?: readonly string[] | undefined;
}

export interface ObjectList {
  readonly head: ListHead;
  /** In the order of their keys (model/object-order), in batches as they are read. */
  readonly objects: AsyncGenerator<Listed[], void>;
  /** Gives up the rest of the list, which would keep the process otherwise. */
  close(): Promise<void>;
}

const knownKinds: ReadonlySet<unknown> = new Set(objKinds);

const LIST_TYPE = 'application/x-ndjson';

/** Characters of a line: an SED group with all its peers fits. */
const MAX_LINE_LENGTH = 16_777_216;

/** Characters of the registrants in a request; with more of them, all objects are listed and the others passed over. */
const MAX_RANTS_LENGTH = 6000;

/** An organization id that no organization has: a list of its objects has a first and a last line only. */
const NOBODY = 'none:none';

/**
 * Everything that the login may read, of one state of the registry, by GET /objects.
 *
 * @throws SpppError: HttpStatusError if the server has no such resource, and while the objects are read LostAnswerError if the
 *   list is cut
 */
export async function listObjects(
  connection: Connection,
  { kind, rant }: ListFilter,
  signal?: AbortSignal,
): Promise<ObjectList> {
  const isShort = encodeURIComponent(rant?.join('&rant=') ?? '').length <= MAX_RANTS_LENGTH;
  const answer = await connection.httpGet('/objects', { kind, rant: isShort ? rant : undefined }, signal);
  await checkIsList(answer);
  const batches = textLines(buffers(answer), { max: MAX_LINE_LENGTH, ends: 'newline' });
  const close = async () => void (await batches.return(undefined));
  try {
    const { value: first } = await batches.next();
    const head = headIn(first?.[0]);
    const wanted = isShort || rant === undefined ? undefined : new Set(rant);
    return { head, objects: objectsIn(first?.slice(1) ?? [], batches, wanted), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Throws if the answer is no list: another server has no such resource, or answers everything with a page. */
async function checkIsList(answer: HttpAnswer): Promise<void> {
  const { status, headers } = answer;
  const [type] = String(headers['content-type'] ?? 'no content type').split(';') as [string];
  if (status === 200 && type.trim().toLowerCase() === LIST_TYPE) return;
  const text = (await answer.text()).slice(0, 300).trim();
  const isAbsent = status === 200 || status === 404 || status === 405;
  const why = isAbsent ? 'this server cannot list objects (GET /objects), which pull and plan need; ' : '';
  throw new HttpStatusError(
    `${why}HTTP ${status}${status === 200 ? ` with ${type}, not ${LIST_TYPE}` : ''}: ${text}`,
    status,
  );
}

/**
 * The first line of a list without objects: who the login is, and what it may read.
 *
 * @throws SpppError as listObjects
 */
export async function listHead(connection: Connection, signal?: AbortSignal): Promise<ListHead> {
  const { head, objects } = await listObjects(connection, { rant: [NOBODY] }, signal);
  for await (const _none of objects);
  return head;
}

async function* objectsIn(
  begun: readonly Line[],
  rest: AsyncGenerator<Line[]>,
  wanted: ReadonlySet<string> | undefined,
): AsyncGenerator<Listed[], void> {
  let count = 0;
  let lines: readonly Line[] | undefined = begun;
  while (lines !== undefined) {
    const objects: Listed[] = [];
    for (const line of lines) {
      const read = jsonIn(line);
      if ('end' in read) {
        if (read.objects === count) return yield objects;
        throw new UnreadableAnswerError(`GET /objects: ${count} objects, and its last line says ${read.objects}`);
      }
      count += 1;
      const listed = listedIn(read);
      if (wanted?.has(listed.object.rant) ?? true) objects.push(listed);
    }
    yield objects;
    lines = (await rest.next()).value ?? undefined;
  }
  throw new LostAnswerError(`GET /objects: the list ends after ${count} objects, without its last line`, true);
}

function listedIn({ isShared, ...object }: Readonly<Record<string, unknown>>): Listed {
  if (!knownKinds.has(object.kind)) {
    throw new UnreadableAnswerError(`GET /objects: kind ${object.kind}: this version of sppp does not know it`);
  }
  return { object: object as unknown as Obj, isShared: isShared === true };
}

function headIn(line: Line | undefined): ListHead {
  const read = line === undefined ? {} : jsonIn(line);
  if (read.list !== 1) throw new UnreadableAnswerError('GET /objects: no list of version 1');
  return read as unknown as ListHead;
}

function jsonIn(line: Line): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse('text' in line ? line.text : '') as Readonly<Record<string, unknown>>;
  } catch {
    throw new UnreadableAnswerError(`GET /objects: line ${line.number} is no JSON`);
  }
}

async function* buffers(answer: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, void> {
  for await (const bytes of answer) yield Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
