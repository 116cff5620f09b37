import type { Key } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import { versionOfEnvelope } from '../soap/version.js';
import type { XmlElement, XmlHandler } from '../soap/xml-events.js';
import { collapse } from '../values/text.js';
import { readAttribute } from './attributes.js';
import { Extension } from './extension.js';
import type { Content, ElementRule, Fields, RequestRule, Slot, Struct, Value, Verb } from './grammar.js';
import { objKey, objTypes, pubIdKey, sedGrpOfferKey } from './grammar.js';
import { emptyFields, put } from './item-template.js';
import type { SvcMenu } from './message.js';
import { detailNs, xsiNs } from './namespaces.js';
import { readText, type SimpleType, Unfit } from './simple-types.js';

/** What an answer says about one item of its request. */
export interface AnswerDetail {
  readonly verb: Verb;
  readonly code: number;
  readonly msg: string;
  /** As the answer has it: values that its schema does not admit have stand-ins. */
  readonly subject: Obj | Key | undefined;
  readonly failure: AnswerFailure | undefined;
}

/** The `failure` element of wsdl/sppp-detail.xsd. */
export interface AnswerFailure {
  /** From 1. */
  readonly index: number;
  readonly attrName: string;
  readonly attrVal: string;
  readonly isCut?: boolean;
}

/** An answer as it was read. */
export interface Answer {
  readonly clientTransId?: string;
  readonly serverTransId?: string;
  readonly code: number;
  readonly msg: string;
  readonly details: readonly AnswerDetail[];
  readonly resultObjs: readonly Obj[];
  readonly svcMenu?: SvcMenu;
}

/** A SOAP fault in place of an answer. */
export interface AnswerFault {
  readonly faultCode: string;
  readonly reason: string;
}

const text: SimpleType = { name: 'text', read: (value) => value };
const wholeNumber: SimpleType = {
  name: 'whole number',
  read: (value) => (/^[0-9]{1,9}$/.test(value) ? Number(value) : new Unfit('not a whole number', 0)),
};
const flag: SimpleType = { name: 'boolean', read: (value) => value === 'true' || value === '1' };

type StructContent = Extract<Content, { is: 'struct' }>;

function of(name: string, ...slots: Slot[]): StructContent {
  return { is: 'struct', struct: { ns: 'base', name, slots } };
}

function one(name: string, content: Content | SimpleType): Slot {
  return { elements: [named(name, content)], required: false, repeats: false };
}

function many(...elements: ElementRule[]): Slot {
  return { elements, required: false, repeats: true };
}

function named(name: string, content: Content | SimpleType, property = name): ElementRule {
  return { name, property, content: 'is' in content ? content : { is: 'simple', type: content } };
}

const obj: Content = { is: 'abstract', of: objTypes };
const codeAndMsg = [one('code', wholeNumber), one('msg', text)];
const result = of('ResultCodeType', ...codeAndMsg);
const subject: Slot = {
  elements: [
    named('obj', obj, 'subject'),
    named('objKey', { is: 'abstract', of: [objKey, pubIdKey, sedGrpOfferKey] }, 'subject'),
    named('sedGrpOfferKey', { is: 'struct', struct: sedGrpOfferKey }, 'subject'),
  ],
  required: false,
  repeats: false,
};
const detail = of('ObjResultCodeType', ...codeAndMsg, subject);
const svcMenu = of(
  'SvcMenuType',
  one('serverStatus', text),
  ...['majMinVersion', 'objURI', 'extURI'].map((name) => many(named(name, text))),
);
const failure = of(
  'FailureType',
  one('index', wholeNumber),
  one('attrName', text),
  one('attrVal', text),
  one('isCut', flag),
);
/** Of both versions of SOAP. */
const fault = of(
  'Fault',
  one('faultcode', text),
  one('faultstring', text),
  one('Code', of('Code', one('Value', text))),
  one('Reason', of('Reason', one('Text', text))),
);

/** The wrapper of the answers to one operation, with what each verb's details are called (RFC 7878 §7.2.5.2). */
function responseOf({ responseWrapper, detailNames }: RequestRule): Struct {
  const names = new Map([...detailNames].map(([verb, name]) => [name, verb]));
  return {
    ns: 'soap',
    name: responseWrapper,
    slots: [
      one('clientTransId', text),
      one('serverTransId', text),
      one('overallResult', result),
      many(...[...names.keys()].map((name) => named(name, detail, 'details'))),
      many(named('resultObj', obj, 'resultObjs')),
      one('svcMenu', svcMenu),
    ],
  };
}

/** An element that is read. One without struct, type or extension is passed over. */
interface Frame {
  readonly rule: ElementRule | undefined;
  readonly repeats: boolean;
  readonly struct?: Struct | undefined;
  readonly simple?: SimpleType;
  readonly extension?: Extension;
  readonly value: Fields;
  slot: number;
  text: string;
}

/**
 * Turns the events of one payload element into an answer, by the grammar: the inverse of `encodeResponse`. It takes answers
 * as they are, of any server: elements that it does not know are passed over, values that are not of their types stay texts.
 */
export class AnswerDecoder implements XmlHandler {
  readonly #response: Struct;
  readonly #verbs: ReadonlyMap<string, Verb>;
  readonly #frames: Frame[] = [];
  #payload: Fields | undefined;
  #isFault = false;
  /** The `failure` of the object that is being read. */
  #failure: Fields | undefined;

  constructor(rule: RequestRule) {
    this.#response = responseOf(rule);
    this.#verbs = new Map([...rule.detailNames].map(([verb, name]) => [name, verb]));
  }

  /** The answer, or the SOAP fault; undefined if the payload was another element. */
  get answer(): Answer | AnswerFault | undefined {
    const payload = this.#payload;
    if (payload === undefined) return undefined;
    if (this.#isFault) return faultOf(payload);
    const { overallResult, clientTransId, serverTransId, details, resultObjs, svcMenu } = payload;
    if (overallResult === undefined) return undefined;
    const { code = 0, msg = '' } = overallResult as Fields;
    return {
      ...(clientTransId === undefined ? {} : { clientTransId: String(clientTransId) }),
      ...(serverTransId === undefined ? {} : { serverTransId: String(serverTransId) }),
      ...{ code: Number(code), msg: String(msg) },
      // By the grammar the values have these types; the compiler cannot know that.
      details: details as unknown as readonly AnswerDetail[],
      resultObjs: resultObjs as unknown as readonly Obj[],
      ...(svcMenu === undefined ? {} : { svcMenu: svcMenu as unknown as SvcMenu }),
    };
  }

  open(element: XmlElement): void {
    const parent = this.#frames.at(-1);
    if (parent === undefined) this.#openPayload(element);
    else if (parent.extension !== undefined) this.#openInExtension(parent.extension, element);
    else this.#frames.push(childOf(parent, element));
  }

  text(piece: string): void {
    const frame = this.#frames.at(-1);
    if (frame?.extension !== undefined) frame.extension.text(piece, () => undefined as never);
    else if (frame?.simple !== undefined) frame.text += piece;
  }

  close(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined || frame.extension?.close()) return;
    this.#frames.pop();
    const parent = this.#frames.at(-1);
    if (parent === undefined || frame.rule === undefined) return;
    if (frame.rule === failureRule) this.#failure = frame.value;
    else this.#put(frame, frame.rule, parent);
  }

  #put(frame: Frame, rule: ElementRule, parent: Frame): void {
    const verb = this.#frames.length === 1 ? this.#verbs.get(rule.name) : undefined;
    if (verb !== undefined) {
      Object.assign(frame.value, { verb, subject: frame.value.subject, failure: this.#failure });
      this.#failure = undefined;
    }
    const value = readValue(frame);
    if (value !== undefined) put(parent.value, { property: rule.property, repeats: frame.repeats }, value);
  }

  #openPayload(element: XmlElement): void {
    this.#isFault = element.local === 'Fault' && versionOfEnvelope(element.uri) !== undefined;
    const struct = this.#isFault ? fault.struct : this.#response;
    const isKnown = this.#isFault || element.local === struct.name;
    const frame = isKnown ? frameOf(struct, undefined, false, element) : passedOver;
    if (isKnown) this.#payload = frame.value;
    this.#frames.push({ ...frame });
  }

  /** The `failure` of this server is no part of the object. */
  #openInExtension(extension: Extension, element: XmlElement): void {
    if (element.uri === detailNs && element.local === failureRule.name && extension.isAtTop) {
      this.#frames.push(frameOf(failure.struct, failureRule, false, element));
    } else {
      extension.open(element, () => undefined as never);
    }
  }
}

const failureRule = named('failure', failure);
const passedOver: Frame = { rule: undefined, repeats: false, value: {}, slot: 0, text: '' };

function frameOf(
  struct: Struct,
  rule: ElementRule | undefined,
  repeats: boolean,
  element: XmlElement,
  kind?: string,
): Frame {
  const value = emptyFields(struct, kind);
  if (struct.attribute !== undefined) readAttribute(element, struct.attribute, value);
  return { rule, repeats, struct, value, slot: 0, text: '' };
}

function childOf(parent: Frame, element: XmlElement): Frame {
  const at = parent.struct === undefined ? undefined : placeOf(parent.struct, parent.slot, element.local);
  if (at === undefined) return { ...passedOver };
  const { slot, index, rule } = at;
  const { content } = rule;
  parent.slot = slot.repeats ? index : index + 1;
  const simple = { rule, repeats: slot.repeats, value: {}, slot: 0, text: '' };
  if (content.is === 'simple') return { ...simple, simple: content.type };
  if (content.is === 'ext') return { ...simple, extension: new Extension(Number.POSITIVE_INFINITY) };
  const struct = content.is === 'struct' ? content.struct : content.of.find(({ name }) => name === typeOf(element));
  if (struct === undefined) return { ...passedOver };
  const hasKind = content.is === 'abstract' || struct.ns === 'soap';
  return frameOf(struct, rule, slot.repeats, element, hasKind ? struct.name : undefined);
}

/** The place of an element, behind those before it if it can be there: seven types have two elements `ext`. */
function placeOf({ slots }: Struct, from: number, local: string) {
  for (const start of [from, 0]) {
    for (let index = start; index < slots.length; index++) {
      const slot = slots[index] as Slot;
      const rule = slot.elements.find(({ name }) => name === local);
      if (rule !== undefined) return { slot, index, rule };
    }
  }
  return undefined;
}

function typeOf({ attributes }: XmlElement): string | undefined {
  const type = attributes.find(({ uri, local }) => uri === xsiNs && local === 'type');
  return type === undefined ? undefined : collapse(type.value).replace(/^.*:/, '');
}

function readValue({ simple, extension, struct, text, value }: Frame): Value | undefined {
  if (extension !== undefined) return extension.isEmpty ? undefined : extension.xml;
  if (simple === undefined) return struct === undefined ? undefined : value;
  const read = readText(simple, text);
  if (!(read instanceof Unfit)) return read;
  return typeof read.echo === 'string' ? collapse(text) : read.echo;
}

function faultOf({ faultcode, faultstring, Code, Reason }: Fields): AnswerFault {
  const { Value: value = '' } = (Code ?? {}) as Fields;
  const { Text: reason = '' } = (Reason ?? {}) as Fields;
  return { faultCode: String(faultcode ?? value).replace(/^.*:/, ''), reason: String(faultstring ?? reason) };
}
