import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { childOrder } from '../../test/support/outline.js';
import { objTypes, type Slot, type Struct } from './grammar.js';

const xsd = readFileSync(new URL('../../wsdl/sppfbase.xsd', import.meta.url), 'utf8');

/** Complex types of the base namespace that stand in objects, by the grammar. */
function structsIn(structs: readonly Struct[], found = new Set<Struct>()): Set<Struct> {
  for (const struct of structs) {
    if (struct.ns === 'base') found.add(struct);
    for (const { content } of struct.slots.flatMap((slot: Slot) => slot.elements)) {
      if (content.is === 'struct') structsIn([content.struct], found);
      if (content.is === 'abstract') structsIn(content.of, found);
    }
  }
  return found;
}

/** Written as childOrder writes the schema's: name by name, `?` for optional, `*` for any number. */
function slotText({ elements, required, repeats }: Slot): string {
  const name = elements.find(({ readOnly }) => !readOnly)?.name;
  return `${name}${required ? '' : repeats ? '*' : '?'}`;
}

describe('the grammar is that of the published schema (RFC 7877 §12)', () => {
  it('has its twelve types of object', () => {
    const concrete = [
      ...xsd.matchAll(
        /<xsd:complexType name="(\w+)">\s*<xsd:complexContent>\s*<xsd:extension base="sppfb:(?:BasicObjType|PubIdType|SedRecType)">/g,
      ),
    ].map(([, name]) => name);
    expect(objTypes.map(({ name }) => name).sort()).toEqual(concrete.sort());
    expect(objTypes).toHaveLength(12);
  });

  it.each([...structsIn(objTypes)].map((struct) => [struct.name, struct] as const))(
    '%s has the same elements in the same order, as often',
    (name, { slots }) => {
      expect(slots.map(slotText).join(' ')).toBe(childOrder(xsd, name));
    },
  );
});
