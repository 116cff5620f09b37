import { mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { type ApplyReport, applyPlan } from '../../src/carrier/apply-plan.js';
import { makePlan } from '../../src/carrier/make-plan.js';
import type { Change, PlanCounts, PlanHead } from '../../src/carrier/plan.js';
import { changeText, planEndText, planHeadText } from '../../src/carrier/plan-file.js';
import { pull } from '../../src/carrier/pull.js';
import type { Connection } from '../../src/client/connect.js';
import { columnsOf } from '../../src/forms/columns.js';
import { type FormKind, formKindOf, formKinds } from '../../src/forms/form-kind.js';
import { readForm } from '../../src/forms/read-form.js';
import { formCells, formHeader, formLine } from '../../src/forms/write-form.js';
import type { Obj } from '../../src/model/obj.js';
import { orderTextOf } from '../../src/model/object-order.js';
import { compareCodePoints } from '../../src/values/code-point-order.js';

const neverStopped = new AbortController().signal;

/** A carrier's login at a registry, and the folder of its files. */
export interface Desk {
  readonly connection: Connection;
  readonly url: string;
  readonly folder: string;
}

export interface Planned {
  readonly file: string;
  readonly changes: readonly Change[];
  readonly counts: PlanCounts;
  readonly faults: readonly string[];
}

/** A connection with other methods in the place of its own. */
export function withOther(original: Connection, other: Partial<Connection>): Connection {
  return new Proxy(original, {
    get: (target, name) => {
      const own: unknown = Reflect.get(target, name);
      return Reflect.get(other, name) ?? (typeof own === 'function' ? own.bind(target) : own);
    },
  });
}

/** Writes objects as files, one of each kind, into a folder whose name begins so. */
export async function writeForms(
  { folder }: Pick<Desk, 'folder'>,
  name: string,
  objects: readonly Obj[],
  kinds = Object.keys(formKinds) as FormKind[],
): Promise<string> {
  const path = await mkdtemp(join(folder, name));
  for (const kind of kinds) {
    const lines = objects.filter((obj) => formKindOf(obj) === kind).map(formLine);
    await writeFile(join(path, `${kind}.csv`), [formHeader(kind), ...lines, ''].join('\n'));
  }
  return path;
}

let plans = 0;

/** Makes a plan, and writes it as a file. */
export async function planAt(
  { connection, url, folder }: Desk,
  desired: readonly string[],
  covered: readonly string[] = [],
): Promise<Planned> {
  const changes: Change[] = [];
  const faults: string[] = [];
  let head: PlanHead | undefined;
  const counts = await makePlan(
    connection,
    { desired, url, form: {}, covered },
    {
      onFault: (fault) => faults.push(fault),
      onHead: async (each) => {
        head = each;
      },
      onChange: async (change) => {
        changes.push(change);
      },
    },
  );
  const text = changes.map((change, index) => changeText(change, index === 0)).join('');
  const file = join(folder, `plan-${plans++}.json`);
  await writeFile(file, planHeadText(head as PlanHead) + text + planEndText(counts));
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ ...head, counts });
  return { file, changes, counts, faults };
}

/** Carries a plan out. */
export async function applyAt(
  { connection, url }: Omit<Desk, 'folder'>,
  file: string,
  perRequest = 10_000,
  maxDeletions?: number,
): Promise<ApplyReport & { failures: string[] }> {
  const failures: string[] = [];
  const report = await applyPlan(
    connection,
    { file, url, perRequest, maxDeletions },
    {
      signal: neverStopped,
      onFailure: ({ do: verb }, { code, message }) => failures.push(`${verb}: ${code} ${message}`),
      onProgress: () => undefined,
    },
  );
  return { ...report, failures };
}

/** Everything that the login may see, as files in a new folder. */
export async function pullAt({ connection, folder }: Omit<Desk, 'url'>): Promise<string> {
  const path = await mkdtemp(join(folder, 'pulled'));
  await pull(connection, path, {});
  return path;
}

/** The objects of a folder, in order, by the columns that count. */
export async function contentOf(path: string): Promise<string[]> {
  const objects: Obj[] = [];
  for (const name of (await readdir(path)).filter((each) => each.endsWith('.csv'))) {
    for await (const read of readForm(join(path, name))) {
      if (!('item' in read)) throw new Error(JSON.stringify(read));
      objects.push(read.item.subject as Obj);
    }
  }
  return contentIn(objects);
}

/** The same of objects. */
export function contentIn(objects: readonly Obj[]): string[] {
  const sorted = objects.map((obj) => ({ obj, order: orderTextOf(obj) }));
  sorted.sort((a, b) => compareCodePoints(a.order, b.order));
  return sorted.map(({ obj }) => {
    const kind = formKindOf(obj);
    const own = new Set(columnsOf(kind).columns.flatMap(({ name, isServerSet }) => (isServerSet ? [] : [name])));
    const cells = formCells(obj).filter(({ name }) => own.has(name));
    return [kind, ...cells.map(({ name, text }) => `${name}=${text}`)].join(' | ');
  });
}
