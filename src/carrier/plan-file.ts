import { createReadStream } from 'node:fs';
import { faultText } from '../forms/fault.js';
import { readJsonLine } from '../forms/read-ndjson.js';
import { textLines } from '../forms/text-lines.js';
import type { Obj } from '../model/obj.js';
import { OperatorError } from '../operator-error.js';
import type { Change, PlanCounts, PlanHead } from './plan.js';

/**
 * A plan as text: one document of JSON, with a line for each change, so that a plan of millions of changes is written and read
 * in little memory.
 */
export function planHeadText(head: PlanHead): string {
  return `${JSON.stringify(head).slice(0, -1)},"changes":[`;
}

/** The next change; `isFirst`: of the plan. */
export function changeText(change: Change, isFirst: boolean): string {
  return `${isFirst ? '' : ','}\n${JSON.stringify(change)}`;
}

/** What ends a plan, and says that it is whole. */
export function planEndText(counts: PlanCounts): string {
  return `\n],"counts":${JSON.stringify(counts)}}\n`;
}

/** A part of a plan, in the order of the file. */
export type PlanPart = { readonly head: PlanHead } | { readonly change: Change } | { readonly counts: PlanCounts };

/** Characters of a change: an SED group before and after it, with all that it may have. */
const MAX_LINE_LENGTH = 33_554_432;

/**
 * Reads a plan: its head, its changes, its counts.
 *
 * @throws OperatorError for a file that is no plan, or not a whole one
 */
export async function* readPlan(file: string): AsyncGenerator<PlanPart, void> {
  let isWhole = false;
  for await (const lines of textLines(createReadStream(file), { max: MAX_LINE_LENGTH, ends: 'newline' })) {
    for (const line of lines) {
      if (isWhole) throw notAPlan(file, line.number);
      const part = partOf('text' in line ? line.text : '', line.number, file);
      isWhole = 'counts' in part;
      yield part;
    }
  }
  if (!isWhole) throw new OperatorError(`${file}: a plan without its end; sppp plan writes it anew`);
}

function partOf(text: string, line: number, file: string): PlanPart {
  try {
    if (line === 1) {
      const { changes: _none, ...head } = JSON.parse(`${text}]}`) as PlanHead & { changes: [] };
      if (head.plan !== 1) throw notAPlan(file, line);
      return { head };
    }
    if (text.startsWith(']')) {
      const { counts } = JSON.parse(`{"changes":[${text}`) as { counts?: PlanCounts };
      if (typeof counts !== 'object' || counts === null) throw notAPlan(file, line);
      return { counts };
    }
    return { change: checked(JSON.parse(text.replace(/,$/, '')) as Change, line, file) };
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw notAPlan(file, line);
  }
}

/** The change with objects that were read like those of any file: somebody may have edited it. */
function checked(change: Change, line: number, file: string): Change {
  const read = (obj: Obj): Obj => {
    const read = readJsonLine({ number: line, text: JSON.stringify(obj) ?? '' }, file, {});
    if (read === undefined) throw notAPlan(file, line);
    if ('faults' in read) throw new OperatorError(read.faults.map(faultText).join('\n'));
    return read.item.subject as Obj;
  };
  switch (change.do) {
    case 'add':
      return { do: 'add', to: read(change.to) };
    case 'delete':
      return { do: 'delete', from: read(change.from) };
    case 'change':
      return { ...change, from: read(change.from), to: read(change.to) };
    default:
      throw notAPlan(file, line);
  }
}

function notAPlan(file: string, line: number): OperatorError {
  return new OperatorError(`${file}: line ${line}: not a plan as sppp plan --out writes it, a line for each change`);
}
