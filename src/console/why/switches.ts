import type { Pool } from 'pg';
import type { Caller } from '../../authority/caller.js';
import { mayAdd, mayAnswer, mayDelete, mayReadOffer } from '../../authority/may.js';
import type { ObjKey, SedGrpOfferKey } from '../../model/key.js';
import type { SedGrp } from '../../model/sed-grp.js';
import { readObjects } from '../../operations/get.js';
import type { Question } from '../../registry/resolve/resolve.js';
import type { Item } from '../../sppp/message.js';
import { readerOf } from '../reader.js';
import type { Visitor } from '../visitor.js';

/** SED groups that are looked at, and those with switches on a page. */
const MAX_GROUPS = 200;
const MAX_SWITCHES = 20;

/** What may be tried of an SED group that is on the way of a look-up. */
export interface Switch {
  readonly key: ObjKey;
  /** The group as it is; undefined if it may not be changed. */
  readonly group: SedGrp | undefined;
  /** Its offer to the asker; undefined if that may not be changed, and for the asker's own group. */
  readonly offer: OfferSwitch | undefined;
}

/** An offer that can be accepted, or whose acceptance can be taken back. */
export interface OfferSwitch {
  readonly key: SedGrpOfferKey;
  readonly isAccepted: boolean;
  /** What turns it to the other side. */
  readonly turn: readonly Item[];
}

/**
 * What a visitor may try of the SED groups on the way of a look-up: registrars what they may change, by the same rules as in a
 * request, also an offer to the asker that waits; operators all of it, since what is tried is undone.
 */
export async function readSwitches(
  pool: Pool,
  { asker }: Question,
  groups: readonly ObjKey[],
  visitor: Visitor,
): Promise<Switch[]> {
  const keys = groups.slice(0, MAX_GROUPS);
  const caller = await readerOf(pool, visitor, asker, ...keys.map(({ rant }) => rant));
  if (caller === undefined || keys.length === 0) return [];
  const offerKeys = keys
    .filter(({ rant }) => rant !== asker)
    .map((sedGrpKey): SedGrpOfferKey => ({ kind: 'SedGrpOfferKeyType', sedGrpKey, offeredTo: asker }))
    .filter((key) => mayReadOffer(caller, key) === undefined);
  const client = await pool.connect();
  try {
    const stored = await readObjects(keys, client, caller);
    const offers = offerKeys.length === 0 ? [] : await readObjects(offerKeys, client, caller);
    const switches = keys.map((key, index): Switch => {
      const group = stored[index]?.object;
      const at = offerKeys.findIndex(({ sedGrpKey }) => sedGrpKey === key);
      const offerKey = offerKeys[at];
      const offer = offers[at]?.object;
      const status = offer?.kind === 'SedGrpOfferType' ? offer.status : undefined;
      return {
        key,
        group: group?.kind === 'SedGrpType' && mayChange(group, caller) ? group : undefined,
        offer: offerKey && offerSwitch(offerKey, status, caller),
      };
    });
    return switches.filter(({ group, offer }) => group !== undefined || offer !== undefined).slice(0, MAX_SWITCHES);
  } finally {
    client.release();
  }
}

/** The caller as whom a visitor turns switches: one that may also refer to what the groups refer to. */
export function turnerOf(
  pool: Pool,
  { asker }: Question,
  switches: readonly Switch[],
  visitor: Visitor,
): Promise<Caller | undefined> {
  const rants = switches.flatMap(({ key, group }) => [
    key.rant,
    ...(group?.sedRecRef ?? []).map(({ sedKey }) => sedKey.rant),
  ]);
  return readerOf(pool, visitor, asker, ...rants);
}

function mayChange(group: SedGrp, caller: Caller): boolean {
  return mayAdd(caller, { ...group, rar: caller.registrar }) === undefined;
}

/** How an offer is turned by this caller; undefined if it may not. A group that is not offered is offered first. */
function offerSwitch(
  key: SedGrpOfferKey,
  status: 'offered' | 'accepted' | undefined,
  caller: Caller,
): OfferSwitch | undefined {
  if (status === 'accepted') {
    const verb = mayAnswer(caller, 'reject', key) === undefined ? 'reject' : 'delete';
    if (verb === 'delete' && mayDelete(caller, key) !== undefined) return undefined;
    return { key, isAccepted: true, turn: [{ index: 0, verb, subject: key }] };
  }
  if (mayAnswer(caller, 'accept', key) !== undefined) return undefined;
  const accept: Item = { index: 0, verb: 'accept', subject: key };
  if (status === 'offered') return { key, isAccepted: false, turn: [accept] };
  const { rant } = key.sedGrpKey;
  const made = { offerDateTime: new Date(0).toISOString(), status: 'offered' } as const; // The registry sets both.
  const offer = { kind: 'SedGrpOfferType', rant, rar: caller.registrar, sedGrpOfferKey: key, ...made } as const;
  if (mayAdd(caller, offer) !== undefined) return undefined;
  return { key, isAccepted: false, turn: [{ index: 0, verb: 'add', subject: offer }, accept] };
}
