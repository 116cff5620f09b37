import { type Element, parse } from './message.js';

/** What differs from one run to the next, or between two servers that are both right. */
const times = new Set(['cDate', 'mDate', 'corDate', 'offerDateTime', 'acceptDateTime']);

/**
 * The content of a message's Body, one line per value: its path and the value. Prefixes, white space, times, the server's
 * transaction id and the wording of messages are left out, so that two servers' answers can be compared.
 */
export function linesOf(xml: string): string[] {
  const body = parse(xml).children.find(({ name }) => name === 'Body');
  return (body?.children ?? []).flatMap((wrapper) => lines(wrapper, wrapper.name));
}

function lines(element: Element, path: string): string[] {
  const typed = element.type === undefined ? path : `${path} of type ${element.type}`;
  if (element.children.length === 0) return [`${typed} = ${textOf(element)}`];
  const self = element.type === undefined ? [] : [typed];
  return [...self, ...element.children.flatMap((child) => lines(child, `${path}/${stepTo(child, element)}`))];
}

/** The name, with a number from the second child of that name on. */
function stepTo(child: Element, parent: Element): string {
  const number = parent.children.filter(({ name }) => name === child.name).indexOf(child) + 1;
  return number === 1 ? child.name : `${child.name}[${number}]`;
}

function textOf({ name, text }: Element): string {
  if (times.has(name)) return 'a time';
  if (name === 'serverTransId') return 'an id';
  if (name === 'msg') return 'a message';
  return text.replace(/\s+/g, ' ').trim();
}
