import type { Dice } from './authority-model.js';
import { b, sedGrp } from './carrier.js';
import { type Change, type EventModel, familyOf } from './event-model.js';
import { numberKey, obj, objKey } from './message.js';
import { as, offer, offerKey, offerObjKey } from './peering.js';

/** Organizations that act for themselves and, by grants, for others. Few names and numbers, so that their changes meet. */

export const orgs = ['iana-en:1', 'iana-en:2', 'iana-en:3', 'iana-en:4'] as const;
const names = ['one', 'two', 'three'] as const;
/** As spans of random grants begin. */
const numbers = ['1201', '1202', '1213', '1220', '1231', '1232'] as const;

/** One of so many changes that cannot be carried out is tried nevertheless. */
const WRONG = 40;

/** Changes of one request by a registrar, of which no two are of one family, and none of a family that others change now. */
export function randomChanges(
  dice: Dice,
  registrar: string,
  model: EventModel,
  isBusy: (family: string) => boolean,
): Change[] {
  const changes = new Map<string, Change>();
  for (let count = 1 + dice.below(4); count > 0; count--) {
    const change = likelyChange(dice, registrar, model);
    const family = familyOf(change);
    if (!isBusy(family)) changes.set(family, change);
  }
  return [...changes.values()];
}

/** A change that mostly can be carried out. */
function likelyChange(dice: Dice, registrar: string, model: EventModel): Change {
  for (;;) {
    const change = randomChange(dice);
    if (!model.fails(change, registrar) || dice.below(WRONG) === 0) return change;
  }
}

function randomChange(dice: Dice): Change {
  const rant = dice.one(orgs);
  const kind = dice.below(10);
  if (kind < 3) {
    const digits = dice.one(numbers);
    if (dice.below(3) === 0) return { what: 'delete number', rant, digits };
    return { what: 'add number', rant, digits, isClaimed: dice.below(2) === 0 };
  }
  const name = dice.one(names);
  if (kind < 5) return { what: dice.one(['add group', 'add group', 'add group', 'delete group']), rant, name };
  const to = dice.one(orgs.filter((org) => org !== rant));
  if (kind < 7) return { what: dice.one(['offer', 'offer', 'withdraw']), rant, name, to };
  return { what: dice.one(['accept', 'accept', 'reject']), rant, name, to };
}

/** A change as an item of a batch. */
export function itemOf(change: Change, rar: string): string {
  const { rant } = change;
  switch (change.what) {
    case 'add group':
      return as('addObj', obj('SedGrpType', sedGrp(change.name), { rant, rar }));
    case 'delete group':
      return as('delObj', objKey('SedGrp', change.name, rant));
    case 'add number': {
      const claim = change.isClaimed ? b('corInfo', b('corClaim', true)) : '';
      return as('addObj', obj('TNType', b('tn', change.digits) + claim, { rant, rar }));
    }
    case 'delete number':
      return as('delObj', numberKey('TN', change.digits, rant));
    case 'offer':
      return as('addObj', offer(change.name, change.to, { rant, rar }));
    case 'withdraw':
      return as('delObj', offerObjKey(change.name, change.to, rant));
    case 'accept':
      return as('acceptSedGrpOffer', offerKey(change.name, change.to, rant));
    case 'reject':
      return as('rejectSedGrpOffer', offerKey(change.name, change.to, rant));
  }
}
