import { mkdir, rmdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Connection } from '../client/connect.js';
import { type FormKind, formKindOf, formKinds } from '../forms/form-kind.js';
import { formHeader, formLine } from '../forms/write-form.js';
import type { ObjKind } from '../model/object-order.js';
import { namingFile } from './file-error.js';
import { NewFile } from './new-file.js';
import { type ListFilter, type ListHead, listObjects } from './object-list.js';
import type { TaskHooks } from './progress.js';

/** The folder in the folder of a pull with the objects that others share. */
export const PEERS = 'peers';

/** Kinds of objects that others can share: those of SED records and groups, and offers. */
const shareable: ReadonlySet<ObjKind> = new Set([
  ...(['NAPTRType', 'NSType', 'URIType', 'SedGrpType', 'SedGrpOfferType'] as const),
]);

export interface Pulled {
  readonly head: ListHead;
  /** The files with how many objects each has. */
  readonly files: readonly { readonly file: string; readonly objects: number }[];
}

/**
 * Writes everything that the login may read into a folder: a file in CSV for each kind, with the objects in the order of their
 * keys, and the same in a folder `peers` for the objects of others. A file is there whole or as it was before; the files of a
 * list that is cut are not written, and a folder that was not there is not made.
 *
 * @throws SpppError if the list cannot be read, errors of the system with the name of a file that cannot be written
 */
export async function pull(
  connection: Connection,
  folder: string,
  filter: ListFilter,
  { signal, onProgress }: TaskHooks = {},
): Promise<Pulled> {
  const { head, objects, close } = await listObjects(connection, filter, signal);
  const writers = new Map<string, NewFile>();
  const made: string[] = [];
  let isPublished = false;
  try {
    for (const each of [folder, join(folder, PEERS)]) made.unshift(...(await makeFolder(each)));
    for (const [kind, type] of Object.entries(formKinds) as [FormKind, ObjKind][]) {
      if (!(filter.kind?.includes(type) ?? true)) continue;
      const names = shareable.has(type) ? [kind, `${PEERS}/${kind}`] : [kind];
      for (const name of names) {
        const writer = await NewFile.create(join(folder, `${name}.csv`));
        writers.set(name, writer);
        await writer.write(`${formHeader(kind)}\n`);
      }
    }
    const counts = new Map<string, number>([...writers.keys()].map((name) => [name, 0]));
    let done = 0;
    onProgress?.({ unit: 'objects', done });
    for await (const batch of objects) {
      for (const { object, isShared } of batch) {
        const name = `${isShared ? `${PEERS}/` : ''}${formKindOf(object)}`;
        const full = writers.get(name)?.write(`${formLine(object)}\n`);
        counts.set(name, (counts.get(name) ?? 0) + 1);
        if (full !== undefined) await full;
      }
      done += batch.length;
      onProgress?.({ unit: 'objects', done });
    }
    for (const writer of writers.values()) await writer.finish();
    for (const writer of writers.values()) {
      await writer.publish();
      isPublished = true;
    }
    const files = [...counts].map(([name, count]) => ({ file: join(folder, `${name}.csv`), objects: count }));
    return { head, files };
  } finally {
    await close();
    for (const writer of writers.values()) await writer.drop();
    if (!isPublished) for (const each of made) await rmdir(each).catch(() => undefined); // not if somebody else uses it
  }
}

/** Makes a folder and those that it lies in. Returns those that were not there, the innermost first. */
async function makeFolder(folder: string): Promise<string[]> {
  const outermost = await mkdir(folder, { recursive: true }).catch(namingFile(folder, 'a pull writes into a folder'));
  const made: string[] = [];
  if (outermost === undefined) return made;
  for (let path = resolve(folder); ; path = dirname(path)) {
    made.push(path);
    if (path === resolve(outermost) || path === dirname(path)) return made;
  }
}
