import type { XmlElement } from '../soap/xml-events.js';
import type { Refuse } from './attributes.js';
import type { Frame } from './frame.js';
import type { ElementRule, Slot, Struct } from './grammar.js';
import { baseNs } from './namespaces.js';

/** The slot and rule that an element takes in its parent's sequence. */
export function slotOf(
  element: XmlElement,
  parent: Frame,
  struct: Struct,
  refuse: Refuse,
): { slot: Slot; rule: ElementRule } {
  const uri = struct.ns === 'base' ? baseNs : '';
  let missing: Slot | undefined;
  for (let index = parent.slotIndex; missing === undefined && index < struct.slots.length; index++) {
    const slot = struct.slots[index] as Slot;
    const taken = index === parent.slotIndex && parent.slotTaken;
    const rule = slot.elements.find(({ name }) => name === element.local);
    if (rule !== undefined && uri === element.uri && (slot.repeats || !taken)) {
      parent.slotIndex = index;
      parent.slotTaken = true;
      return { slot, rule };
    }
    if (slot.required && !taken) missing = slot;
  }
  const known = struct.slots.some(({ elements }) => elements.some(({ name }) => name === element.local));
  if (!known) return refuse(`${element.local} is not an element of ${struct.name}`);
  if (uri !== element.uri) return refuse(`${element.local} is in namespace '${element.uri}', not '${uri}'`);
  if (missing !== undefined) return refuse(`${missing.elements[0]?.name} must come before ${element.local}`);
  return refuse(`${element.local} is repeated or out of order`);
}

/** Refuses an element that lacks a required child. */
export function checkComplete(frame: Frame, struct: Struct, refuse: Refuse): void {
  for (let index = frame.slotIndex; index < struct.slots.length; index++) {
    const slot = struct.slots[index] as Slot;
    const taken = index === frame.slotIndex && frame.slotTaken;
    if (slot.required && !taken) refuse(`${frame.name} lacks ${slot.elements.map((each) => each.name).join(' or ')}`);
  }
}
