import { ownText } from '../values/text.js';
import { LONG_TEXT } from './detached-copy.js';
import type { Extension } from './extension.js';
import type { ElementRule, Fields, Slot, Struct } from './grammar.js';
import { emptyFields } from './item-template.js';
import type { Referred } from './references.js';
import type { Flaw } from './result.js';
import { LONGEST_TEXT, type SimpleType } from './simple-types.js';

/** An element being read. */
export interface Frame {
  readonly name: string;
  readonly slot: Slot | undefined;
  readonly rule: ElementRule | undefined;
  readonly struct: Struct | undefined;
  readonly simple: SimpleType | undefined;
  readonly extension: Extension | undefined;
  readonly value: Fields;
  /** Where in the struct's sequence the next child may stand, and whether something stands there already. */
  slotIndex: number;
  slotTaken: boolean;
  text: string;
  /** Of a struct that is told of as a whole: its children's texts, and the first fault among them. */
  texts: string[];
  reason: string | undefined;
  /** By which other elements can stand for this one. */
  id: string | undefined;
  /** The flaw of the item before this element, where its own is to be told apart. */
  flawBefore: Flaw | undefined;
  /** What this element stands for instead of holding it. */
  referred: Referred | undefined;
}

/** An element of which nothing was read yet. */
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

/** Adds to an element's text. Of one that is too long for any type, no more is kept than tells so. */
export function addText(frame: Frame, text: string): void {
  if (frame.text.length <= LONGEST_TEXT) frame.text += text.slice(0, LONGEST_TEXT + 1);
}

/** An element's text when it ends. */
export function endText(frame: Frame): string {
  if (frame.text.length >= LONG_TEXT) frame.text = ownText(frame.text);
  return frame.text;
}
