import { identityOf } from '../model/identity.js';
import type { Key } from '../model/key.js';
import type { Obj } from '../model/obj.js';
import type { Answer, AnswerDetail } from '../sppp/decode-answer.js';
import type { SentItem } from '../sppp/encode-request.js';
import type { Verdict } from './outcome.js';

/** What a message says besides its code (docs/results.md). */
export interface MessageParts {
  readonly attribute?: string;
  readonly value?: string;
  readonly reason?: string;
  /** Position of the object in the request, from 1. */
  readonly object?: number;
}

const ABOUT_OBJECT = /(?:; |\()object ([0-9]{1,9})\)$/;
/** The name of an element has no colon, so the pattern takes time in proportion to the text. */
const ABOUT_VALUE = /\bAttrName:([^\s:]+) AttrVal:/;

/** The parts of `text AttrName:x AttrVal:y (reason; object 2)`; RFC 7877 §5.3 has the first two. */
export function readMessage(message: string): MessageParts {
  const [, object] = ABOUT_OBJECT.exec(message) ?? [];
  const opening = object === undefined ? message.length : openingOfLast(message);
  const note = message.slice(opening + 1, -1).replace(/(?:^|; )object [0-9]+$/, '');
  const about = ABOUT_VALUE.exec(message.slice(0, opening));
  return {
    ...(about === null
      ? {}
      : { attribute: about[1], value: message.slice(about.index + about[0].length, opening).trimEnd() }),
    ...(object === undefined || note === '' ? {} : { reason: note }),
    ...(object === undefined ? {} : { object: Number(object) }),
  } as MessageParts;
}

/** Where the parenthesis at the end begins: a reason may have some inside. */
function openingOfLast(message: string): number {
  let depth = 0;
  for (let at = message.length - 1; at > 0; at--) {
    if (message[at] === ')') depth += 1;
    if (message[at] === '(' && --depth === 0) return at;
  }
  return message.lastIndexOf('(');
}

/** The verdicts of an answer's details, with the items that they are about. */
export function verdictsOf(
  { details }: Answer,
  items: readonly SentItem[],
): { verdicts: Verdict[]; isIndexed: boolean } {
  const places = new Places(items);
  let isIndexed = true;
  const verdicts = details.map((detail): Verdict => {
    const parts = readMessage(detail.msg);
    const told = detail.failure?.index ?? parts.object;
    if (told === undefined && detail.code !== 1000) isIndexed = false;
    const index = told === undefined ? places.next(detail) : told - 1;
    const sent = index === undefined ? undefined : items[index]?.subject;
    return {
      ...{ index, verb: detail.verb, code: detail.code, message: detail.msg },
      ...aboutValue(detail, parts),
      // An object that was accepted is told as the registry has it.
      object: ((detail.code === 1000 ? detail.subject : undefined) ?? sent ?? detail.subject) as Obj | Key,
    };
  });
  return { verdicts, isIndexed };
}

/** The verdict of a query, which names its first key at fault. */
export function queryVerdict({ code, msg }: Answer, items: readonly SentItem[]): readonly Verdict[] {
  const { object, ...parts } = readMessage(msg);
  const index = object === undefined ? undefined : object - 1;
  const sent = items[index ?? (items.length === 1 ? 0 : -1)];
  return sent === undefined ? [] : [{ index, verb: 'get', code, ...parts, message: msg, object: sent.subject }];
}

function aboutValue({ failure }: AnswerDetail, { attribute, value, reason }: MessageParts) {
  const about = failure === undefined ? { attribute, value } : { attribute: failure.attrName, value: failure.attrVal };
  return {
    ...(about.attribute === undefined ? {} : { attribute: about.attribute }),
    ...(about.value === undefined ? {} : { value: about.value }),
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Finds items by what they are about. Details are in the order of the request, so equal ones are found in turn. */
class Places {
  readonly #items: readonly SentItem[];
  #byIdentity: Map<string, number[]> | undefined;

  constructor(items: readonly SentItem[]) {
    this.#items = items;
  }

  next({ verb, subject }: AnswerDetail): number | undefined {
    if (subject === undefined) return this.#items.length === 1 ? 0 : undefined;
    this.#byIdentity ??= this.#read();
    return this.#byIdentity.get(`${verb}\n${identityOf(subject)}`)?.shift();
  }

  #read(): Map<string, number[]> {
    const places = new Map<string, number[]>();
    for (const [index, { verb, subject }] of this.#items.entries()) {
      const identity = `${verb}\n${identityOf(subject)}`;
      const same = places.get(identity);
      if (same === undefined) places.set(identity, [index]);
      else same.push(index);
    }
    return places;
  }
}
