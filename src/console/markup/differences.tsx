import type { Difference } from '../../forms/differences.js';
import type { Obj } from '../../model/obj.js';
import type { Visitor } from '../visitor.js';
import { fieldValue } from './field-value.js';
import { Table } from './table.js';

interface DifferencesParts {
  readonly caption: string;
  /** The heads of the two columns of values. */
  readonly head: readonly [string, string];
  readonly from: Obj;
  readonly to: Obj;
  readonly differences: readonly Difference[];
  readonly visitor: Visitor;
}

/** In what two states of an object differ, field by field. */
export function Differences({ caption, head, from, to, differences, visitor }: DifferencesParts) {
  return (
    <Table
      caption={caption}
      head={['Field', ...head]}
      rows={differences.map(({ name, from: before, to: after }) => [
        name,
        fieldValue(name, before, { object: from, visitor }) ?? 'no value',
        fieldValue(name, after, { object: to, visitor }) ?? 'no value',
      ])}
    />
  );
}
