import { SoapFault } from '../soap/fault.js';
import type { XmlElement, XmlHandler } from '../soap/xml-events.js';
import { collapse } from '../values/text.js';
import { type Refuse, readAttribute, readXsiType, structNamed } from './attributes.js';
import { Extension } from './extension.js';
import { addText, endText, type Frame, newFrame } from './frame.js';
import {
  type Content,
  type ElementRule,
  type Fields,
  type RequestRule,
  requests,
  type Slot,
  type Struct,
  type Value,
  type Verb,
} from './grammar.js';
import { checkMinorVer, headOf } from './head.js';
import { ItemTemplate, put, type Shape } from './item-template.js';
import type { Head, Item } from './message.js';
import { soapNs } from './namespaces.js';
import { RequestRefusedError } from './request-refused.js';
import { type Flaw, syntaxInvalid, tooLarge } from './result.js';
import { checkComplete, slotOf } from './sequence.js';
import { idOrHrefOf, SharedValues } from './shared-values.js';
import { readBounded, type SimpleType, Unfit } from './simple-types.js';
import { Weight } from './weight.js';

export interface DecodeLimits {
  /** Objects and keys in one request. */
  readonly objects: number;
  /** Characters of one extension. */
  readonly extension: number;
  /** Maximum of each list inside an object, instead of its own limit. */
  readonly list?: number;
  /** Maximum of characters that references stand for in total. */
  readonly plainBytes: number;
}

/**
 * Turns the events of one payload element into a head and items, by the grammar. A structural fault ends the request
 * (RequestRefusedError 2000). An invalid value becomes a flaw of its item, so that it does not affect other objects. An
 * unknown wrapper has no response element and is a SoapFault.
 */
export class Decoder implements XmlHandler {
  readonly #frames: Frame[] = [];
  readonly #limits: DecodeLimits;
  readonly #line: () => number;
  readonly #sharedValues: SharedValues;
  /** Refuses the whole request, with path and line. */
  readonly #refuse: Refuse = (reason) => {
    const path = this.#frames.map(({ name }) => name).join('/');
    throw new RequestRefusedError(syntaxInvalid(`${path}: ${reason}, line ${this.#line()}`));
  };
  #rule: RequestRule | undefined;
  #head: Fields = {};
  #items: Item[] = [];
  #count = 0;
  readonly #weight: Weight;
  #flaw: Flaw | undefined;
  #template: ItemTemplate | undefined;
  #lastShape: Shape | undefined;
  #atItemEnd = false;
  #complete = false;

  /** `line` returns the current line, for the reason of a refusal. */
  constructor(limits: DecodeLimits, line: () => number) {
    this.#limits = limits;
    this.#weight = new Weight(limits.objects);
    this.#line = line;
    this.#sharedValues = new SharedValues(limits.plainBytes);
  }

  /** The head as far as it was read; complete with the first item or the end of the wrapper. */
  get head(): Head | undefined {
    return this.#rule && headOf(this.#rule, this.#head);
  }

  /** Whether the wrapper has ended. */
  get complete(): boolean {
    return this.#complete;
  }

  /** Whether an item has ended and only white space followed. */
  get atItemEnd(): boolean {
    return this.#atItemEnd;
  }

  /** The shape of the last item, for repeating it; undefined if it needs the strict reader. */
  get lastShape(): Shape | undefined {
    return this.#lastShape;
  }

  /** Adds an item of a known shape with these texts; false if the strict reader must read it. */
  repeat({ verb, template }: Shape, texts: readonly string[]): boolean {
    const subject = template.make(texts);
    if (subject === undefined) return false;
    this.#startItem();
    this.#weight.addEntries(template.entries);
    this.#endItem(verb, subject);
    return true;
  }

  /** The items since the last call, in the order of the request. */
  take(): Item[] {
    const items = this.#items;
    this.#items = [];
    return items;
  }

  open(element: XmlElement): void {
    this.#atItemEnd = false;
    const parent = this.#frames.at(-1);
    if (parent === undefined) {
      this.#openWrapper(element);
    } else if (parent.extension !== undefined) {
      parent.extension.open(element, this.#refuse);
    } else if (parent.struct === undefined) {
      this.#refuse(`no element is allowed here, not even ${element.local}`);
    } else {
      const { slot, rule } = slotOf(element, parent, parent.struct, this.#refuse);
      this.#push(element, slot, rule, rule.content);
    }
  }

  text(text: string): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    if (frame.extension !== undefined) frame.extension.text(text, this.#refuse);
    else if (frame.simple !== undefined) addText(frame, text);
    else if (/[^ \t\r\n]/.test(text)) this.#refuse('text where only elements are allowed');
  }

  close(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.extension?.close()) return;
    const value = this.#finish(frame);
    if (frame.id !== undefined) this.#remember(frame.id, frame, value);
    this.#frames.pop();
    const parent = this.#frames.at(-1);
    if (parent === undefined || frame.rule === undefined || frame.slot === undefined) {
      this.#sharedValues.checkUsed(this.#refuse);
      this.#complete = true;
      this.#atItemEnd = false; // No item can follow.
      return;
    }
    const verb = this.#frames.length === 1 ? this.#rule?.verbs.get(frame.rule) : undefined;
    if (verb !== undefined && value !== undefined) {
      this.#lastShape =
        this.#flaw === undefined && this.#template !== undefined ? { verb, template: this.#template } : undefined;
      this.#endItem(verb, value);
      this.#atItemEnd = true;
      return;
    }
    const target = { property: frame.rule.property, repeats: frame.slot.repeats };
    if (frame.slot.repeats && this.#isFull(parent.value[target.property], frame)) return;
    if (frame.struct !== undefined) this.#template?.close(frame.struct, target);
    if (frame.simple !== undefined) this.#template?.value(frame.simple, target);
    if (target.repeats) this.#weight.addEntries(1);
    if (frame.extension !== undefined) this.#weight.addText(String(value).length);
    if (value !== undefined) put(parent.value, target, value);
  }

  /** Whether a list is at its maximum: further entries are read and discarded. */
  #isFull(list: Value | undefined, { name, slot, simple, text }: Frame): boolean {
    const isFilter = slot?.most === undefined;
    const max = isFilter ? this.#limits.objects : (this.#limits.list ?? slot.most);
    if (!Array.isArray(list) || list.length < max) return false;
    if (isFilter) throw new RequestRefusedError(tooLarge(max));
    this.#flaw ??= { attrName: name, attrVal: simple === undefined ? '' : collapse(text), reason: `more than ${max}` };
    this.#template = undefined;
    return true;
  }

  #endItem(verb: Verb, subject: Value): void {
    const item: Fields = { index: this.#count++, verb, subject };
    if (this.#flaw !== undefined) item.flaw = { ...this.#flaw };
    if (this.#weight.ofItem > 1) item.weight = this.#weight.ofItem;
    // By the grammar the value has the type of the verb's subject; the compiler cannot know that.
    this.#items.push(item as unknown as Item);
    this.#flaw = undefined;
  }

  #openWrapper(element: XmlElement): void {
    this.#rule = requests.find(({ wrapper }) => wrapper.name === element.local && element.uri === soapNs);
    if (this.#rule === undefined) {
      throw new SoapFault('Client', `no operation has the element {${element.uri}}${element.local}`);
    }
    readXsiType(element, undefined, true, this.#refuse);
    const frame = newFrame(element.local, undefined, undefined, this.#rule.wrapper, undefined);
    this.#head = frame.value;
    this.#frames.push(frame);
  }

  #push(element: XmlElement, slot: Slot, rule: ElementRule, content: Content): void {
    const isItem = this.#frames.length === 1 && this.#rule?.verbs.has(rule) === true;
    if (isItem) this.#startItem();
    const xsiType = readXsiType(element, content, false, this.#refuse);
    const { id, href } = idOrHrefOf(element, content);
    if (href !== undefined) {
      this.#pushReferring(href, element, slot, rule);
    } else if (content.is === 'ext') {
      const frame = newFrame(element.local, slot, rule, undefined, undefined);
      this.#frames.push({ ...frame, extension: new Extension(this.#limits.extension) });
      this.#template?.giveUp();
    } else if (content.is === 'simple') {
      this.#frames.push(newFrame(element.local, slot, rule, undefined, content.type));
    } else {
      const struct = content.is === 'struct' ? content.struct : structNamed(xsiType, element, content.of, this.#refuse);
      const kind = content.is === 'abstract' || struct.ns === 'soap' ? struct.name : undefined;
      const frame = newFrame(element.local, slot, rule, struct, undefined, kind);
      if (struct.attribute !== undefined) {
        this.#template?.giveUp();
        const flaw = readAttribute(element, struct.attribute, frame.value);
        this.#flaw ??= flaw;
      }
      this.#frames.push(frame);
      if (isItem) this.#template = new ItemTemplate(struct, kind);
      else this.#template?.open(struct, kind);
    }
    if (id !== undefined && href === undefined) this.#begin(id);
  }

  /** An element that refers to an earlier one. */
  #pushReferring(id: string, element: XmlElement, slot: Slot, rule: ElementRule): void {
    const found = this.#sharedValues.resolve(id, rule.content);
    const frame = newFrame(element.local, slot, rule, undefined, undefined);
    this.#frames.push(frame);
    this.#template?.giveUp();
    if (this.#frames.length === 2) this.#template = undefined;
    if (typeof found === 'string') this.#refuse(found);
    frame.referred = found;
  }

  /** The flaw of an element with an id is separated from flaws before it. */
  #begin(id: string): void {
    Object.assign(this.#frames.at(-1) as Frame, { id, flawBefore: this.#flaw });
    this.#flaw = undefined;
    this.#template?.giveUp();
  }

  #remember(id: string, frame: Frame, value: Value | undefined): void {
    const is = frame.rule?.content.is ?? 'struct';
    const isNew = this.#sharedValues.remember(id, frame.name, { is, struct: frame.struct, value, flaw: this.#flaw });
    if (!isNew) this.#refuse(`the id "${id.slice(0, 40)}" is given twice`);
    this.#flaw = frame.flawBefore ?? this.#flaw;
  }

  #startItem(): void {
    if (this.#count === 0) checkMinorVer(this.#head);
    const { objects } = this.#limits;
    if (!this.#weight.next() || this.#count >= objects) throw new RequestRefusedError(tooLarge(objects));
  }

  /** The value of an element that ends; undefined if it is invalid and left out. */
  #finish(frame: Frame): Value | undefined {
    if (frame.referred !== undefined) {
      this.#flaw ??= frame.referred.flaw;
      return frame.referred.value;
    }
    if (frame.extension !== undefined) {
      const { fault } = frame.extension;
      this.#flaw ??= fault && { attrName: 'ext', ...fault };
      if (fault !== undefined) return undefined;
      if (!frame.extension.isEmpty) return frame.extension.xml;
      return frame.extension.hasDropped ? undefined : this.#refuse('ext must hold an element');
    }
    if (frame.simple !== undefined) return this.#finishSimple(frame, frame.simple);
    const struct = frame.struct as Struct;
    checkComplete(frame, struct, this.#refuse);
    if (this.#frames.length === 1 && this.#count === 0) checkMinorVer(this.#head);
    if (frame.reason !== undefined && struct.reportedAs !== undefined) {
      this.#flaw ??= { attrName: struct.reportedAs, attrVal: frame.texts.join('-'), reason: frame.reason };
    } else if (struct.check !== undefined) {
      this.#flaw ??= struct.check(frame.value);
    }
    return frame.value;
  }

  #finishSimple(frame: Frame, type: SimpleType): Value | undefined {
    const text = collapse(endText(frame));
    const parent = this.#frames.at(-2) as Frame;
    if (parent.struct?.reportedAs !== undefined) parent.texts.push(text);
    const read = readBounded(type, frame.text);
    if (!(read instanceof Unfit)) return read;
    this.#weight.addText(frame.text.length); // The answer will contain it.
    if (this.#frames.length === 2) return this.#refuse(`${frame.name} '${text.slice(0, 40)}': ${read.reason}`);
    const beside = frame.rule?.ignoredBeside;
    if (beside === undefined || parent.value[beside] === undefined) {
      if (parent.struct?.reportedAs !== undefined) parent.reason ??= read.reason;
      else this.#flaw ??= { attrName: frame.name, attrVal: text, reason: read.reason };
    }
    return read.asSent || frame.slot?.required ? read.echo : undefined;
  }
}
