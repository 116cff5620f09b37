import { Identities } from '../model/identities.js';
import { identityOf } from '../model/identity.js';
import type { Item } from '../sppp/message.js';

/**
 * Groups the items of a run by the object that they are about: one statement may touch a row only once, and all items
 * about an object decide what becomes of it. Objects are in the order of their first items; the items of each keep their
 * order.
 */
export function byObject<Some extends Pick<Item, 'subject'>>(items: readonly Some[]): readonly (readonly Some[])[] {
  const identities = new Identities();
  if (items.every(({ subject }) => identities.add(subject))) return items.map((item) => [item]);
  const objects = new Map<string, Some[]>();
  for (const item of items) {
    const identity = identityOf(item.subject);
    const about = objects.get(identity);
    if (about === undefined) objects.set(identity, [item]);
    else about.push(item);
  }
  return [...objects.values()];
}
