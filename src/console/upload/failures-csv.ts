import { FormError } from '../../forms/fault.js';
import type { FailedObject, FailedPart } from '../../registry/journal/failed-objects.js';
import { csvLines } from '../csv-lines.js';
import { failureOf } from './run-upload.js';
import { failuresOf, type LineFailure, type UploadLine } from './upload-lines.js';

/**
 * All failures of an uploaded file as CSV (RFC 4180), in the order of its lines: those of lines that could not be sent, and those
 * of objects that the registry refused.
 *
 * @param refused the objects that were refused behind one, by its number in the request; undefined: nothing was sent
 */
export async function* failuresCsv(
  lines: AsyncIterable<readonly UploadLine[]>,
  refused: ((after: number) => Promise<FailedPart>) | undefined,
): AsyncGenerator<Buffer, void> {
  yield csvLines([['line', 'object', 'code', 'attribute', 'value', 'reason']]);
  const objects = refusedObjects(refused);
  let next = await objects.next();
  let number = 0;
  try {
    for await (const batch of lines) {
      const failures: LineFailure[] = [];
      for (const line of batch) {
        if ('failures' in line) {
          failures.push(...line.failures);
          continue;
        }
        number += 1;
        if (next.done || next.value.index !== number) continue;
        failures.push(failureOf(next.value, line.line));
        next = await objects.next();
      }
      if (failures.length > 0) yield csvLines(failures.map(cellsOf));
    }
  } catch (error) {
    if (!(error instanceof FormError)) throw error;
    yield csvLines(failuresOf(error).map(cellsOf));
  }
}

async function* refusedObjects(
  read: ((after: number) => Promise<FailedPart>) | undefined,
): AsyncGenerator<FailedObject, void> {
  if (read === undefined) return;
  for (let after: number | undefined = 0; after !== undefined; ) {
    const part: FailedPart = await read(after);
    yield* part.failed;
    after = part.last;
  }
}

function cellsOf({ line, key, code, attribute, value, reason }: LineFailure): string[] {
  return [String(line), key, String(code), attribute, value, reason];
}
