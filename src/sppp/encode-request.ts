import { found } from '../values/found.js';
import { encodeKey, encodeObj, namespaces, simple } from './encode.js';
import type { Head, Item } from './message.js';

/** An item that a client sends; its place in the request is its index. */
export type SentItem = Pick<Item, 'verb' | 'subject'>;

/**
 * A request as the element of its wrapper, piece by piece, by the grammar: what `decode` reads (RFC 7878 §7.2). No piece is
 * longer than an item.
 *
 * @param items as `unsendable` admits them, each with a verb of the operation
 */
export function* encodeRequest(head: Head, items: Iterable<SentItem>): Generator<string, void> {
  const { open, encodeItem, close } = requestParts(head);
  yield open;
  for (const item of items) yield encodeItem(item);
  yield close;
}

/** The same for items that come in batches, a piece for each. */
export async function* encodeBatches(
  head: Head,
  batches: AsyncIterable<readonly SentItem[]>,
): AsyncGenerator<string, void> {
  const { open, encodeItem, close } = requestParts(head);
  yield open;
  for await (const items of batches) yield items.map(encodeItem).join('');
  yield close;
}

/** The beginning of a request, its items as they are asked for, and its end. */
function requestParts(head: Head) {
  const { rule } = head;
  const name = `sppfs:${rule.wrapper.name}`;
  const names = new Map([...rule.verbs].map(([element, verb]) => [verb, element.name]));
  const encodeItem = ({ verb, subject }: SentItem): string => {
    const element = found(names.get(verb), `${verb} in ${rule.operation}`);
    return verb === 'add'
      ? encodeObj(element, subject as Parameters<typeof encodeObj>[1])
      : encodeKey(element, subject as Parameters<typeof encodeKey>[1]);
  };
  return { open: `<${name}${namespaces}>${encodeHead(head)}`, encodeItem, close: `</${name}>` };
}

function encodeHead({ clientTransId, minorVer, offeredBy, offeredTo, status }: Head): string {
  const maybe = (name: string, value: string | undefined) => (value === undefined ? '' : simple(name, value));
  const each = (name: string, values: readonly string[]) => values.map((value) => simple(name, value)).join('');
  const filters = each('offeredBy', offeredBy) + each('offeredTo', offeredTo) + maybe('status', status);
  return maybe('clientTransId', clientTransId) + maybe('minorVer', minorVer) + filters;
}
