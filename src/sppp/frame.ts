import { ownText } from '../values/text.js';
import { LONG_TEXT } from './detached-copy.js';
import type { Extension } from './extension.js';
import type { ElementRule, Fields, Slot, Struct } from './grammar.js';
import { emptyFields } from './item-template.js';
import type { Flaw } from './result.js';
import type { SharedValue } from './shared-values.js';
import { MAX_TEXT_LENGTH, type SimpleType } from './simple-types.js';

/** An element being read. */
export interface Frame {
  readonly name: string;
  readonly slot: Slot | undefined;
  readonly rule: ElementRule | undefined;
  readonly struct: Struct | undefined;
  readonly simple: SimpleType | undefined;
  readonly extension: Extension | undefined;
  readonly value: Fields;
  /** The slot of the next child in the struct's sequence, and whether it has one already. */
  slotIndex: number;
  slotTaken: boolean;
  text: string;
  /** For a struct whose faults name the whole: the texts of its children, and the first fault among them. */
  texts: string[];
  reason: string | undefined;
  /** The id by which other elements can refer to this one. */
  id: string | undefined;
  /** The flaw of the item before this element, if the element has an id. */
  flawBefore: Flaw | undefined;
  /** The value that this element refers to. */
  referred: SharedValue | undefined;
}

/** A new element. */
export function newFrame(
  name: string,
  slot: Slot | undefined,
  rule: ElementRule | undefined,
  struct: Struct | undefined,
  simple: SimpleType | undefined,
  kind?: string,
): Frame {
  const value = struct === undefined ? {} : emptyFields(struct, kind);
  return {
    name,
    slot,
    rule,
    struct,
    simple,
    extension: undefined,
    value,
    slotIndex: 0,
    slotTaken: false,
    text: '',
    texts: [],
    reason: undefined,
    id: undefined,
    flawBefore: undefined,
    referred: undefined,
  };
}

/** Adds to an element's text. A text that is too long for every type is cut behind the maximum. */
export function addText(frame: Frame, text: string): void {
  if (frame.text.length <= MAX_TEXT_LENGTH) frame.text += text.slice(0, MAX_TEXT_LENGTH + 1);
}

/** An element's text when it ends. */
export function endText(frame: Frame): string {
  if (frame.text.length >= LONG_TEXT) frame.text = ownText(frame.text);
  return frame.text;
}
