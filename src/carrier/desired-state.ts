import { createReadStream } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { csvFields } from '../forms/csv-fields.js';
import { readHeader } from '../forms/csv-header.js';
import { type Fault, faultText } from '../forms/fault.js';
import { formKinds } from '../forms/form-kind.js';
import type { FormLine, FormOptions } from '../forms/form-line.js';
import { formBatches } from '../forms/read-form.js';
import { textLines } from '../forms/text-lines.js';
import { unpacked } from '../forms/unpacked.js';
import { type Noun, nounOf } from '../model/noun.js';
import type { ObjKind } from '../model/object-order.js';
import { OperatorError } from '../operator-error.js';
import { isRefusal } from '../values/refusal.js';
import { visible } from '../values/visible.js';
import { namingFile } from './file-error.js';
import type { ObjectSorter } from './object-sorter.js';
import type { TaskHooks } from './progress.js';

/** What files say that a registry should have. */
export interface DesiredState {
  readonly files: readonly string[];
  /** What they speak of: kinds that a file has, and registrants that any line has. */
  readonly kinds: ReadonlySet<ObjKind>;
  readonly rants: ReadonlySet<string>;
  /** The nouns that the lines of a registrant are about. */
  readonly nouns: ReadonlyMap<string, ReadonlySet<Noun>>;
}

/** Files of a folder that have objects; those that a push leaves beside them have none, and hidden ones are an editor's. */
const OBJECTS = /\.(?:csv|ndjson|jsonl|xml)(?:\.gz)?$/i;
const NOT_OBJECTS = /^\.|\.(?:results|check|results\.before)\.csv$/i;

const EXPECTED = 'a desired state is in files of objects, or in folders of such files';

/** Characters of the first line of a file. */
const MAX_HEADER_LENGTH = 65_536;

/**
 * Reads files of objects, and the files in folders, but not the folders in these, into the sorter.
 *
 * @param covered registrants that the files speak of even if no line has them
 * @param tell gets each fault of each line, as a text
 * @throws OperatorError if a line has a fault or a folder no files, errors of the system with the name of the file
 */
export async function readDesired(
  paths: readonly string[],
  options: FormOptions,
  covered: readonly string[],
  sorter: ObjectSorter,
  tell: (fault: string) => void,
  { signal, onProgress }: TaskHooks,
): Promise<DesiredState> {
  const files = (await Promise.all(paths.map((path) => filesOf(path).catch(namingFile(path, EXPECTED))))).flat();
  const size = await sizeOf(files);
  let [sizeBefore, lines] = [0, 0];
  const tellRead = (read: number) =>
    onProgress?.({ unit: 'lines', step: 'read', done: lines, failed: faulty, share: size === 0 ? 1 : read / size });
  const kinds = new Set<ObjKind>();
  const rants = new Set(covered);
  const nouns = new Map<string, Set<Noun>>();
  let faulty = 0;
  tellRead(0);
  for (const [index, file] of files.entries()) {
    let isEmpty = true;
    const bytes = createReadStream(file);
    const batches = formBatches(bytes, file, options);
    for await (const batch of withErrors(batches, namingFile(file, EXPECTED))) {
      signal?.throwIfAborted();
      isEmpty = false;
      for (const read of batch) {
        const faults = faultsOf(read, file);
        for (const fault of faults) tell(faultText(fault));
        if (faults.length > 0) faulty += 1;
        if (!('item' in read) || read.item.verb !== 'add') continue;
        const { subject } = read.item;
        kinds.add(subject.kind);
        rants.add(subject.rant);
        nouns.set(subject.rant, (nouns.get(subject.rant) ?? new Set()).add(nounOf(subject)));
        if (faulty === 0) await sorter.add(subject, index, read.line);
      }
      lines += batch.length;
      tellRead(sizeBefore + bytes.bytesRead);
    }
    sizeBefore += bytes.bytesRead;
    const kind = isEmpty ? await kindOfHeader(file, options) : undefined;
    if (kind !== undefined) kinds.add(kind);
  }
  if (faulty > 0) {
    const told = faulty === 1 ? '1 line has faults' : `${faulty} lines have faults`;
    throw new OperatorError(`${told}; nothing was compared`);
  }
  return { files, kinds, rants, nouns };
}

/** Throws an error of the iterable as `handle` throws it. */
async function* withErrors<T>(source: AsyncIterable<T>, handle: (error: unknown) => never): AsyncGenerator<T, void> {
  try {
    yield* source;
  } catch (error) {
    handle(error);
  }
}

/** Bytes of files; what can be read only once has none that could be known. */
async function sizeOf(files: readonly string[]): Promise<number> {
  const found = await Promise.all(files.map((file) => stat(file).catch(namingFile(file, EXPECTED))));
  return found.reduce((sum, { size }) => sum + size, 0);
}

async function filesOf(path: string): Promise<string[]> {
  const files = (await stat(path)).isDirectory() ? await filesIn(path) : [path];
  for (const file of files) await refuseNamedPipe(file);
  return files;
}

async function filesIn(folder: string): Promise<string[]> {
  const names = await readdir(folder);
  const files = names.filter((name) => OBJECTS.test(name) && !NOT_OBJECTS.test(name)).sort();
  if (files.length > 0) return files.map((name) => join(folder, name));
  throw new OperatorError(`${folder}: this folder has no files of objects: .csv, .ndjson or .xml`);
}

/**
 * Refuses a pipe that has a name: to open it waits for a program that writes, and neither a signal nor the end of the process
 * stops that. A pipe of a shell (`/dev/stdin`, `/dev/fd/63`) has a program and no name.
 */
async function refuseNamedPipe(file: string): Promise<void> {
  if (!(await stat(file)).isFIFO()) return;
  const isNamed = await realpath(file).then(
    () => true,
    () => false,
  );
  if (isNamed) throw new OperatorError(`${visible(file)}: a named pipe; save what comes of it as a file first`);
}

function faultsOf(read: FormLine, file: string): readonly Fault[] {
  if ('faults' in read) return read.faults;
  const { verb } = read.item;
  return verb === 'add'
    ? []
    : [{ file, line: read.line, value: verb, rule: 'a desired state has only objects to add' }];
}

/** The kind of a CSV file without lines: the file says that there are none of this kind. */
async function kindOfHeader(file: string, options: FormOptions): Promise<ObjKind | undefined> {
  const bytes = unpacked(createReadStream(file));
  for await (const [line] of textLines(bytes, { max: MAX_HEADER_LENGTH, ends: 'newline or return' })) {
    const fields = line !== undefined && 'text' in line ? csvFields(line.text) : [];
    const header = isRefusal(fields) ? [] : readHeader(fields, options);
    return 'form' in header ? formKinds[header.form.kind] : undefined;
  }
  return undefined;
}
