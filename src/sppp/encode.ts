import type { Key } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { SoapVersion } from '../soap/version.js';
import { envelopeClose, envelopeOpen, escapeAttribute, escapeText } from '../soap/write-xml.js';
import { found } from '../values/found.js';
import { encodeFailure } from './failure.js';
import * as keys from './grammar.js';
import {
  type Content,
  type ElementRule,
  type Fields,
  objTypes,
  type RequestRule,
  type Struct,
  type Value,
} from './grammar.js';
import type { HeldText } from './held-text.js';
import type { Detail, SpppResponse, SvcMenu } from './message.js';
import { baseNs, soapNs, xsiNs } from './namespaces.js';
import { about, message, type Result, succeeded } from './result.js';

/**
 * Responses as text, by the grammar: UTF-8, one line, stable prefixes and no default namespace, so that toolkits of any
 * age read it (RFC 7878 §7.2, §9).
 */

/** The declarations of the prefixes below, for the element around all others. */
export const namespaces = ` xmlns:sppfs="${soapNs}" xmlns:sppfb="${baseNs}" xmlns:xsi="${xsiNs}"`;
const structs = new Map<string, Struct>(
  [...objTypes, keys.objKey, keys.pubIdKey, keys.sedGrpOfferKey].map((struct) => [struct.name, struct]),
);

/**
 * An answer in the envelope of the request's version, piece by piece: an answer with a hundred thousand details is
 * never one text.
 */
export function* encodeResponse(version: SoapVersion, answer: SpppResponse): Generator<string, void> {
  const [open, close] = frameOf(version, answer);
  yield open;
  for (const detail of answer.details ?? []) yield encodeDetail(answer.rule, detail);
  for (const obj of answer.resultObjs ?? []) yield encodeObj('resultObj', obj);
  if (answer.svcMenu !== undefined) yield encodeSvcMenu(answer.svcMenu);
  yield close;
}

/** The same for an answer whose details or objects are held as text. */
export async function* encodeHeldResponse(
  version: SoapVersion,
  answer: SpppResponse,
  held: HeldText,
): AsyncGenerator<Buffer, void> {
  const [open, close] = frameOf(version, answer);
  yield Buffer.from(open);
  yield* held.read();
  yield Buffer.from(close);
}

function frameOf(version: SoapVersion, answer: SpppResponse): readonly [string, string] {
  const name = `sppfs:${answer.rule.responseWrapper}`;
  const ids = answer.rule.hasTransIds ? transIds(answer) : '';
  return [begin(version, name) + ids + encodeResult('overallResult', answer.overall), end(name)];
}

function encodeSvcMenu(menu: SvcMenu): string {
  const each = (name: string, values: readonly string[]) =>
    values.map((value) => simple(`sppfb:${name}`, value)).join('');
  return `<svcMenu>${each('serverStatus', [menu.serverStatus])}${each('majMinVersion', menu.majMinVersion)}${each('objURI', menu.objURI)}${each('extURI', menu.extURI)}</svcMenu>`;
}

/** One object as an element of the given name, with its xsi:type. */
export function encodeObj(name: string, obj: Obj): string {
  return encodeTyped(name, obj as unknown as Fields);
}

/** One key as an element of the given name, with its xsi:type. */
export function encodeKey(name: string, key: Key): string {
  return encodeTyped(name, key as unknown as Fields);
}

function begin(version: SoapVersion, name: string): string {
  return `${envelopeOpen(version)}<${name}${namespaces}>`;
}

function end(name: string): string {
  return `</${name}>${envelopeClose()}`;
}

function transIds({ clientTransId, serverTransId }: SpppResponse): string {
  const client = clientTransId === undefined ? '' : simple('clientTransId', clientTransId);
  return client + simple('serverTransId', serverTransId);
}

function encodeResult(name: string, result: Result): string {
  return `<${name}>${codeAndMsg(result)}</${name}>`;
}

function codeAndMsg(result: Result): string {
  return `<code>${result.code}</code><msg>${escapeText(message(result))}</msg>`;
}

/** The detail of one item of a request. */
export function encodeDetail({ detailNames }: RequestRule, detail: Detail): string {
  const { verb, subject } = detail;
  const result = detail.result.code === succeeded.code ? detail.result : about(detail.result, detail);
  const name = found(detailNames.get(verb), 'the element that tells of an item');
  const subjectText =
    verb === 'add'
      ? encodeTyped('obj', subject as unknown as Fields, encodeFailure(result))
      : encodeKey(verb === 'delete' ? 'objKey' : 'sedGrpOfferKey', subject as Key);
  return `<${name}>${codeAndMsg(result)}${subjectText}</${name}>`;
}

/** The inherited ext of a failed object ends in its `failure`; keys have no ext. */
function encodeTyped(name: string, value: Fields, failure = ''): string {
  const struct = structs.get(String(value.kind));
  if (struct === undefined) throw new Error(`no type ${value.kind} in the grammar`);
  return encodeStruct(name, struct, value, true, failure);
}

/** An element as it is written: its rule, whether it repeats, its name with the prefix, and its tags. */
interface WrittenElement {
  readonly rule: ElementRule;
  readonly repeats: boolean;
  readonly name: string;
  readonly open: string;
  readonly close: string;
}

/** How a struct is written: its xsi:type as an attribute, and its elements. */
interface WrittenStruct {
  readonly xsiType: string;
  readonly elements: readonly WrittenElement[];
}

/** Tags are put together once, not for each object. */
const written = new Map<Struct, WrittenStruct>();

function writtenAs(struct: Struct): WrittenStruct {
  const known = written.get(struct);
  if (known !== undefined) return known;
  const prefix = struct.ns === 'base' ? 'sppfb:' : '';
  const elements = struct.slots.flatMap((slot) =>
    slot.elements.flatMap((rule): WrittenElement[] => {
      const name = prefix + rule.name;
      return rule.readOnly ? [] : [{ rule, repeats: slot.repeats, name, open: `<${name}>`, close: `</${name}>` }];
    }),
  );
  const made = { xsiType: ` xsi:type="${struct.ns === 'base' ? 'sppfb' : 'sppfs'}:${struct.name}"`, elements };
  written.set(struct, made);
  return made;
}

/** @param isTyped whether it says its type: where several could stand */
function encodeStruct(name: string, struct: Struct, value: Fields, isTyped: boolean, failure = ''): string {
  const { attribute } = struct;
  const { xsiType, elements } = writtenAs(struct);
  const attributeText =
    attribute === undefined ? '' : ` ${attribute.name}="${escapeAttribute(String(value[attribute.name]))}"`;
  let text = `<${name}${isTyped ? xsiType : ''}${attributeText}>`;
  for (const element of elements) {
    const { property } = element.rule;
    const field = failure !== '' && property === 'ext' ? `${value.ext ?? ''}${failure}` : value[property];
    if (field === undefined) continue;
    if (!element.repeats) text += encodeElement(element, field);
    else for (const one of field as readonly Value[]) text += encodeElement(element, one);
  }
  return `${text}</${name}>`;
}

function encodeElement({ rule: { content }, name, open, close }: WrittenElement, value: Value): string {
  if (content.is === 'simple') return open + escapeText(String(value)) + close;
  if (content.is === 'ext') return `${open}${value}${close}`;
  const fields = value as Fields;
  return content.is === 'struct'
    ? encodeStruct(name, content.struct, fields, false)
    : encodeStruct(name, concrete(content, fields), fields, true);
}

function concrete({ of }: Extract<Content, { is: 'abstract' }>, value: Fields): Struct {
  const struct = of.find(({ name }) => name === value.kind);
  if (struct === undefined) throw new Error(`type ${value.kind} cannot stand here`);
  return struct;
}

/** A value as an element of the given name. */
export function simple(name: string, value: Value): string {
  return `<${name}>${escapeText(String(value))}</${name}>`;
}
