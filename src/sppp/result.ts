/** The result of a request or of one of its objects: the codes of RFC 7878 §7.3 and their texts. */

export type OverallCode = 1000 | 2000 | 2001 | 2002 | 2100 | 2300 | 2301;
export type ObjCode = 2101 | 2102 | 2103;
export type Code = OverallCode | ObjCode;

/** The element of a 2101, 2102 or 2103, by its exact name, and its value (RFC 7877 §5.3). */
export interface Attr {
  readonly attrName: string;
  readonly attrVal: string;
  /** The value is longer; this is its beginning. */
  readonly isCut?: true;
}

export interface Result {
  readonly code: Code;
  readonly attr?: Attr;
  /** For 2001: the maximum of objects in a request. */
  readonly maxSupported?: number;
  /** Replaces the text of the table, for partial success. */
  readonly text?: string;
  /** The reason for people, in parentheses at the end of the message. */
  readonly reason?: string;
  /** The index of the object or key in the request, from 1; it follows the reason. */
  readonly object?: number;
}

/** A value inside an object or key that its type or a rule of the RFCs does not admit. */
export interface Flaw extends Attr {
  readonly reason: string;
  /** Only a simulated one has another code than 2101 (`simulator`). */
  readonly code?: ObjCode;
}

const texts: Record<Code, string> = {
  1000: 'Request succeeded',
  2000: 'Request syntax invalid',
  2001: 'Request too large',
  2002: 'Version not supported',
  2100: 'Command invalid',
  2101: 'Attribute value invalid',
  2102: 'Object does not exist',
  2103: 'Object status or ownership does not allow for operation',
  2300: 'System temporarily unavailable',
  2301: 'Unexpected internal system or server error',
};

/** What a code says, without the parameters of a result; empty for a code of others. */
export function codeText(code: number): string {
  const known: Readonly<Record<number, string>> = texts;
  return known[code] ?? '';
}

/** `msg` holds at most this many characters (RFC 7878 §9, MsgType). */
const MAX_MESSAGE_LENGTH = 255;

export const succeeded: Result = { code: 1000 };

/** 2000: the request as a whole is invalid by the schema. */
export function syntaxInvalid(reason: string): Result {
  return { code: 2000, reason };
}

/** 2100: the request is valid but is not carried out. */
export function commandInvalid(reason?: string): Result {
  return { code: 2100, ...(reason === undefined ? {} : { reason }) };
}

/** 2001: more objects or keys than the maximum. */
export function tooLarge(maxSupported: number): Result {
  return { code: 2001, maxSupported };
}

/** 2101: a value inside an object or key is invalid. */
export function valueInvalid({ code = 2101, reason, ...attr }: Flaw): Result {
  return { code, attr, reason };
}

/** 2102: the named object does not exist. */
export function doesNotExist(attrName: string, attrVal: string): Result {
  return { code: 2102, attr: { attrName, attrVal } };
}

/** 2103: its owner or its state does not allow it. */
export function notAllowed(attrName: string, attrVal: string, reason?: string): Result {
  return { code: 2103, attr: { attrName, attrVal }, ...(reason === undefined ? {} : { reason }) };
}

/** The result with the index of its item. */
export function about(result: Result, { index }: { readonly index: number }): Result {
  return { ...result, object: index + 1 };
}

/**
 * The `msg` of a result: the table's text, then the parameters exactly as `AttrName:x AttrVal:y`, then the reason in
 * parentheses, which ends in the object's index. A value that is too long ends in an ellipsis, so that the whole is a
 * MsgType; the reason is cut first, the index never.
 */
export function message(result: Result): string {
  const text = result.text ?? texts[result.code];
  const limit = result.maxSupported === undefined ? '' : ` MaxSupported:${result.maxSupported}`;
  if (result.attr === undefined)
    return token(text + limit + ending(result, MAX_MESSAGE_LENGTH - text.length - limit.length));
  const before = `${text}${limit} AttrName:${result.attr.attrName} AttrVal:`;
  const value = token(result.attr.attrVal);
  const whole = before + value + ending(result, Number.POSITIVE_INFINITY);
  if (whole.length <= MAX_MESSAGE_LENGTH) return token(whole);
  // The value identifies the object, so it keeps at least half of the available characters.
  const maxEnding =
    MAX_MESSAGE_LENGTH - before.length - Math.min([...value].length, (MAX_MESSAGE_LENGTH - before.length) >> 1);
  const after = ending(result, maxEnding);
  return token(before + cut(value, MAX_MESSAGE_LENGTH - before.length - [...after].length) + after);
}

/** The end of a message, ` (reason; object 2)`, with the reason cut to the available characters. */
function ending({ reason = '', object }: Result, max: number): string {
  if (object === undefined) return reason === '' ? '' : ` ${cut(token(`(${reason})`), max - 1)}`;
  const index = `object ${object}`;
  const short = cut(token(reason), max - ` (; ${index})`.length);
  return short === '' ? ` (${index})` : ` (${short}; ${index})`;
}

/** Untrimmed or uncollapsed white space. */
const UNCOLLAPSED = /[\t\r\n]| {2}|^\s|\s$/;

function token(text: string): string {
  if (!UNCOLLAPSED.test(text)) return text;
  return text.replace(/[ \t\r\n]+/g, ' ').trim();
}

function cut(text: string, max: number): string {
  if (text.length <= max) return text;
  const characters = [...text];
  return characters.length <= max ? text : `${characters.slice(0, Math.max(max - 1, 0)).join('')}…`;
}
