/** What changes tell whom, worked out one change after the other: docs/events.md without its SQL. */

import { type Act, isAllowed, type ModelGrant, type ModelNoun } from './authority-model.js';

/** A change of one object by a registrar. Registrar and registrant are called by their organization ids. */
export type Change = { readonly rant: string } & (
  | { readonly what: 'add group' | 'delete group'; readonly name: string }
  | { readonly what: 'add number'; readonly digits: string; readonly isClaimed: boolean }
  | { readonly what: 'delete number'; readonly digits: string }
  | { readonly what: 'offer' | 'withdraw' | 'accept' | 'reject'; readonly name: string; readonly to: string }
);

/** What a change depends on: changes of different families do not know of each other. */
export function familyOf(change: Change): string {
  return 'digits' in change ? change.digits : `${change.rant} ${change.name}`;
}

/** What has caused events, and between which moments: before it was sent, and when its outcome was known. */
export interface Cause {
  readonly sent: number;
  readonly known: number;
  /** Undefined: the operator. */
  readonly serverTransId?: string;
}

/** A request that was carried out. */
export interface RequestCause extends Cause {
  readonly registrar: string;
  readonly serverTransId: string;
}

/** An event as it has to come. */
export interface ModelEvent {
  readonly type: string;
  readonly organization: string;
  /** Undefined: it is about the organization itself. */
  readonly noun: ModelNoun | undefined;
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly cause: Cause;
}

/** A grant with its number. */
export type NumberedGrant = ModelGrant & { readonly id: number };

const acts = {
  'add group': ['add', 'SedGrp'],
  'delete group': ['delete', 'SedGrp'],
  'add number': ['add', 'PubId'],
  'delete number': ['delete', 'PubId'],
  offer: ['add', 'SedGrpOffer'],
  withdraw: ['delete', 'SedGrpOffer'],
  accept: ['accept', 'SedGrpOffer'],
  reject: ['reject', 'SedGrpOffer'],
} as const satisfies Record<Change['what'], readonly [Act['verb'], ModelNoun]>;

export class EventModel {
  readonly #orgs: readonly string[];
  #grants: readonly NumberedGrant[];
  #suspended: string | undefined;
  /** Who wrote each object last. */
  readonly #writers = new Map<string, string>();
  readonly #offers = new Map<string, 'offered' | 'accepted'>();
  /** Carriers of record, by numbers. */
  readonly #holders = new Map<string, string>();
  readonly #told: ModelEvent[] = [];
  /** What each organization reads, if it reads an event before the grants change, and what is sent to its webhook. */
  readonly #read: ReadonlyMap<string, ModelEvent[]>;
  readonly #sent: ReadonlyMap<string, ModelEvent[]>;

  constructor(orgs: readonly string[], grants: readonly NumberedGrant[]) {
    this.#orgs = orgs;
    this.#grants = grants;
    this.#read = new Map(orgs.map((org) => [org, []]));
    this.#sent = new Map(orgs.map((org) => [org, []]));
  }

  get grants(): readonly NumberedGrant[] {
    return this.#grants;
  }

  get suspended(): string | undefined {
    return this.#suspended;
  }

  readBy(org: string): readonly ModelEvent[] {
    return this.#read.get(org) ?? [];
  }

  sentTo(org: string): readonly ModelEvent[] {
    return this.#sent.get(org) ?? [];
  }

  /** What an organization gets that reads all events now. */
  readableBy(org: string): readonly ModelEvent[] {
    return this.#told.filter((event) => this.#hears(org, event));
  }

  /** Whether the registry refuses a change: the registrar may not do it, or it is about what is not there. */
  fails(change: Change, registrar: string): boolean {
    const [verb, noun] = acts[change.what];
    const number = 'digits' in change ? change.digits : undefined;
    const names = change.what === 'offer' ? ({ noun: 'SedGrp', rant: change.rant } as const) : undefined;
    const offeredTo = 'to' in change ? change.to : undefined;
    if (!isAllowed({ registrar, verb, noun, rant: change.rant, number, offeredTo, names }, this.#grants)) return true;
    switch (change.what) {
      case 'add group':
      case 'add number':
        return false;
      case 'offer':
      case 'delete group':
        return !this.#writers.has(groupOf(change));
      case 'delete number':
        return !this.#writers.has(numberOf(change));
      default:
        return !this.#offers.has(offerOf(change));
    }
  }

  /** Carries out a change that does not fail. */
  apply(change: Change, cause: RequestCause): void {
    switch (change.what) {
      case 'add group':
        this.#write(groupOf(change), change.rant, { noun: 'SedGrp', name: change.name }, cause);
        break;
      case 'delete group':
        for (const to of this.#orgs) this.#endOffer({ ...change, to }, 'withdrawn', cause);
        this.#delete(groupOf(change), change.rant, { noun: 'SedGrp', name: change.name }, cause);
        break;
      case 'add number':
        this.#write(numberOf(change), change.rant, { noun: 'PubId', kind: 'TN', value: change.digits }, cause);
        this.#claim(change, cause);
        break;
      case 'delete number':
        this.#delete(numberOf(change), change.rant, { noun: 'PubId', kind: 'TN', value: change.digits }, cause);
        if (this.#holders.get(change.digits) === change.rant) this.#holders.delete(change.digits);
        break;
      case 'offer':
        if (this.#offers.has(offerOf(change))) break;
        this.#offers.set(offerOf(change), 'offered');
        this.#tellOffer('offer.made', change, cause);
        break;
      case 'accept':
        if (this.#offers.get(offerOf(change)) === 'offered') this.#tellOffer('offer.accepted', change, cause);
        this.#offers.set(offerOf(change), 'accepted');
        break;
      case 'reject':
        this.#endOffer(change, 'rejected', cause);
        break;
      case 'withdraw':
        this.#endOffer(change, 'withdrawn', cause);
        break;
    }
  }

  /** The operator has changed the grants to these. */
  regrant(grants: readonly NumberedGrant[], cause: Cause): void {
    const isIn = (list: readonly NumberedGrant[], { id }: NumberedGrant) => list.some((each) => each.id === id);
    for (const grant of this.#grants) if (!isIn(grants, grant)) this.#tellGrant('grant.withdrawn', grant, cause);
    for (const grant of grants) if (!isIn(this.#grants, grant)) this.#tellGrant('grant.made', grant, cause);
    this.#grants = grants;
  }

  suspend(organization: string, cause: Cause): void {
    this.#suspended = organization;
    this.#tellSelf('organization.suspended', organization, `organization:${organization}`, { organization }, cause);
  }

  /** Ends the suspension. */
  resume(cause: Cause): void {
    const organization = this.#suspended;
    if (organization === undefined) return;
    this.#suspended = undefined;
    this.#tellSelf('organization.resumed', organization, `organization:${organization}`, { organization }, cause);
  }

  #write(key: string, registrant: string, object: OfObject, cause: RequestCause): void {
    const { registrar } = cause;
    const formerRegistrar = this.#writers.get(key) ?? registrar;
    this.#writers.set(key, registrar);
    if (formerRegistrar === registrar) return;
    const data = { registrant, ...object, registrar, formerRegistrar, change: 'replaced' };
    this.#tell({ type: 'object.changed', organization: registrant, noun: object.noun, subject: key, data, cause });
  }

  #delete(key: string, registrant: string, object: OfObject, cause: RequestCause): void {
    const { registrar } = cause;
    const formerRegistrar = this.#writers.get(key) ?? registrar;
    this.#writers.delete(key);
    if (formerRegistrar === registrar) return;
    const data = { registrant, ...object, registrar, formerRegistrar };
    this.#tell({ type: 'object.deleted', organization: registrant, noun: object.noun, subject: key, data, cause });
  }

  /** The first claim holds. One that comes later is lost, each time that it is made. */
  #claim({ rant, digits, isClaimed }: Extract<Change, { what: 'add number' }>, cause: Cause): void {
    const holder = this.#holders.get(digits);
    if (!isClaimed) {
      if (holder === rant) this.#holders.delete(digits);
      return;
    }
    if (holder === undefined) this.#holders.set(digits, rant);
    if (holder === undefined || holder === rant) return;
    const data = { registrant: rant, kind: 'TN', value: digits, decidedBy: 'firstClaim', rival: holder };
    const subject = numberOf({ rant, digits });
    this.#tell({ type: 'claim.lost', organization: rant, noun: 'PubId', subject, data, cause });
  }

  #endOffer(offer: OfOffer, how: 'withdrawn' | 'rejected', cause: RequestCause): void {
    const status = this.#offers.get(offerOf(offer));
    if (status === undefined) return;
    this.#offers.delete(offerOf(offer));
    const wasAccepted = status === 'accepted';
    if (how === 'withdrawn') this.#tellOffer('offer.withdrawn', offer, cause, { wasAccepted });
    else this.#tellOffer(wasAccepted ? 'peer.lost' : 'offer.rejected', offer, cause);
  }

  /** The recipient hears of what the owner does, and the owner of what the recipient does. */
  #tellOffer(type: string, offer: OfOffer, { registrar, ...cause }: RequestCause, more = {}): void {
    const { rant: registrant, name: sedGrp, to: offeredTo } = offer;
    const organization = type === 'offer.made' || type === 'offer.withdrawn' ? offeredTo : registrant;
    const data = { registrant, sedGrp, offeredTo, registrar, ...more };
    this.#tell({ type, organization, noun: 'SedGrpOffer', subject: offerOf(offer), data, cause });
  }

  #tellGrant(type: string, { id, registrar, org: registrant, nouns, verbs, spans }: NumberedGrant, cause: Cause): void {
    const narrowing = { nouns: nouns ?? null, verbs: verbs ?? null, spans: spans ?? null };
    for (const side of new Set([registrar, registrant])) {
      this.#tellSelf(type, side, `grant:${id}`, { grant: id, registrar, registrant, ...narrowing }, cause);
    }
  }

  #tellSelf(type: string, organization: string, subject: string, data: ModelEvent['data'], cause: Cause): void {
    this.#tell({ type, organization, noun: undefined, subject, data, cause });
  }

  #tell(given: ModelEvent): void {
    const event = { ...given, type: `sppp.${given.type}.v1` };
    this.#told.push(event);
    for (const org of this.#orgs) {
      if (!this.#hears(org, event)) continue;
      this.#read.get(org)?.push(event);
      // A suspended organization is called for its own affairs alone; of its objects it reads afterwards.
      if (event.noun === undefined || org !== this.#suspended) this.#sent.get(org)?.push(event);
    }
  }

  #hears(org: string, { organization, noun }: ModelEvent): boolean {
    if (noun === undefined) return org === organization;
    return isAllowed({ registrar: org, verb: 'get', noun, rant: organization }, this.#grants);
  }
}

interface OfObject {
  readonly noun: ModelNoun;
  readonly name?: string;
  readonly kind?: 'TN';
  readonly value?: string;
}

interface OfGroup {
  readonly rant: string;
  readonly name: string;
}

type OfOffer = OfGroup & { readonly to: string };

const numberOf = ({ rant, digits }: { readonly rant: string; readonly digits: string }) => `tn:${rant}:${digits}`;
const groupOf = ({ rant, name }: OfGroup) => `sedGrp:${rant}:${name}`;
const offerOf = ({ rant, name, to }: OfOffer) => `sedGrpOffer:${rant}:${name}/${to}`;
