/** What is said about a request or one of its objects: the codes of RFC 7878 §7.3 and their words. */

export type OverallCode = 1000 | 2000 | 2001 | 2002 | 2100 | 2300 | 2301;
export type ObjCode = 2101 | 2102 | 2103;
export type Code = OverallCode | ObjCode;

/** The element that a 2101, 2102 or 2103 speaks of, by its exact name, and its value (RFC 7877 §5.3). */
export interface Attr {
  readonly attrName: string;
  readonly attrVal: string;
  /** The value is longer; this is its beginning. */
  readonly isCut?: true;
}

export interface Result {
  readonly code: Code;
  readonly attr?: Attr;
  /** For 2001: how many objects one request may have. */
  readonly maxSupported?: number;
  /** Replaces the table's text where the mode has more to say (partial success). */
  readonly text?: string;
  /** Why, for a person; written at the very end in parentheses. */
  readonly reason?: string;
  /** Which object or key of the request it is about, from 1; written after the reason. */
  readonly object?: number;
}

/** A value inside an object or key that its type or a rule of the RFCs does not admit. */
export interface Flaw extends Attr {
  readonly reason: string;
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

/** `msg` holds at most this many characters (RFC 7878 §9, MsgType). */
const maxMessage = 255;

export const succeeded: Result = { code: 1000 };

/** 2000: the request as a whole is not what the schema says. */
export function syntaxInvalid(reason: string): Result {
  return { code: 2000, reason };
}

/** 2100: the request can be read and is not carried out. */
export function commandInvalid(reason?: string): Result {
  return { code: 2100, ...(reason === undefined ? {} : { reason }) };
}

/** 2001: more objects or keys than one request may have. */
export function tooLarge(maxSupported: number): Result {
  return { code: 2001, maxSupported };
}

/** 2101: a value inside an object or key is none of its type. */
export function valueInvalid({ reason, ...attr }: Flaw): Result {
  return { code: 2101, attr, reason };
}

/** 2102: what is named is not there. */
export function doesNotExist(attrName: string, attrVal: string): Result {
  return { code: 2102, attr: { attrName, attrVal } };
}

/** 2103: whose it is, or what state it is in, does not allow it. */
export function notAllowed(attrName: string, attrVal: string, reason?: string): Result {
  return { code: 2103, attr: { attrName, attrVal }, ...(reason === undefined ? {} : { reason }) };
}

/** What is said of an item of a request, saying which one. */
export function about(result: Result, { index }: { readonly index: number }): Result {
  return { ...result, object: index + 1 };
}

/**
 * The `msg` of a result: the table's text, then the parameters exactly as `AttrName:x AttrVal:y`, then the reason in
 * parentheses, which ends in the object's place. Too long a value is cut with an ellipsis, so that the whole stays a
 * MsgType; the reason is cut before it, the place never.
 */
export function message(result: Result): string {
  const text = result.text ?? texts[result.code];
  const limit = result.maxSupported === undefined ? '' : ` MaxSupported:${result.maxSupported}`;
  if (result.attr === undefined) return token(text + limit + ending(result, maxMessage - text.length - limit.length));
  const before = `${text}${limit} AttrName:${result.attr.attrName} AttrVal:`;
  const value = token(result.attr.attrVal);
  const whole = before + value + ending(result, Number.POSITIVE_INFINITY);
  if (whole.length <= maxMessage) return token(whole);
  // The value names the object: it keeps at least half of the room.
  const reasonRoom = maxMessage - before.length - Math.min([...value].length, (maxMessage - before.length) >> 1);
  const after = ending(result, reasonRoom);
  return token(before + cut(value, maxMessage - before.length - [...after].length) + after);
}

/** The end of a message, ` (reason; object 2)`, with the reason cut to the room there is. */
function ending({ reason = '', object }: Result, room: number): string {
  if (object === undefined) return reason === '' ? '' : ` ${cut(token(`(${reason})`), room - 1)}`;
  const place = `object ${object}`;
  const short = cut(token(reason), room - ` (; ${place})`.length);
  return short === '' ? ` (${place})` : ` (${short}; ${place})`;
}

/** What is no token yet: white space at an end, or other than single blanks inside. */
const UNTIDY = /[\t\r\n]| {2}|^\s|\s$/;

function token(text: string): string {
  if (!UNTIDY.test(text)) return text;
  return text.replace(/[ \t\r\n]+/g, ' ').trim();
}

function cut(text: string, room: number): string {
  if (text.length <= room) return text;
  const characters = [...text];
  return characters.length <= room ? text : `${characters.slice(0, Math.max(room - 1, 0)).join('')}…`;
}
