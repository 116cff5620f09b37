/** What changes tell whom, worked out one change after the other: docs/events.md without its SQL. */

/** A change of one object by a registrar. Registrar and registrant are called by their organization ids. */
export type Change = { readonly rant: string } & (
  | { readonly what: 'add group' | 'delete group'; readonly name: string }
  | { readonly what: 'add number' | 'delete number'; readonly digits: string }
  | {
      readonly what: 'offer' | 'withdraw' | 'accept' | 'reject';
      readonly name: string;
      readonly to: string;
    }
);

export class EventModel {
  /** Who wrote each object last. */
  readonly #writers = new Map<string, string>();
  readonly #offers = new Map<string, 'offered' | 'accepted'>();
  /** What is told of each subject, in order: `type to organization`. */
  readonly told = new Map<string, string[]>();

  /** Whether the registry refuses a change: it is about what is not there. */
  fails(change: Change): boolean {
    switch (change.what) {
      case 'add group':
      case 'add number':
        return false;
      case 'offer':
        return !this.#writers.has(groupOf(change));
      case 'delete group':
        return !this.#writers.has(groupOf(change));
      case 'delete number':
        return !this.#writers.has(`tn:${change.rant}:${change.digits}`);
      default:
        return !this.#offers.has(offerOf(change));
    }
  }

  /** Carries out a change that does not fail. */
  apply(change: Change, by: string): void {
    switch (change.what) {
      case 'add group':
        this.#write(groupOf(change), change.rant, by);
        break;
      case 'add number':
        this.#write(`tn:${change.rant}:${change.digits}`, change.rant, by);
        break;
      case 'delete number':
        this.#delete(`tn:${change.rant}:${change.digits}`, change.rant, by);
        break;
      case 'delete group': {
        const group = groupOf(change);
        for (const offer of [...this.#offers.keys()].filter((each) => each.startsWith(`${offersOf(change)}/`))) {
          this.#tell(offer, 'offer.withdrawn', offer.slice(offer.indexOf('/') + 1));
          this.#offers.delete(offer);
        }
        this.#delete(group, change.rant, by);
        break;
      }
      case 'offer':
        if (!this.#offers.has(offerOf(change))) {
          this.#tell(offerOf(change), 'offer.made', change.to);
          this.#offers.set(offerOf(change), 'offered');
        }
        break;
      case 'accept':
        if (this.#offers.get(offerOf(change)) === 'offered') this.#tell(offerOf(change), 'offer.accepted', change.rant);
        this.#offers.set(offerOf(change), 'accepted');
        break;
      case 'reject': {
        const wasPeer = this.#offers.get(offerOf(change)) === 'accepted';
        this.#tell(offerOf(change), wasPeer ? 'peer.lost' : 'offer.rejected', change.rant);
        this.#offers.delete(offerOf(change));
        break;
      }
      case 'withdraw':
        this.#tell(offerOf(change), 'offer.withdrawn', change.to);
        this.#offers.delete(offerOf(change));
        break;
    }
  }

  #write(key: string, rant: string, by: string): void {
    if ((this.#writers.get(key) ?? by) !== by) this.#tell(key, 'object.changed', rant);
    this.#writers.set(key, by);
  }

  #delete(key: string, rant: string, by: string): void {
    if (this.#writers.get(key) !== by) this.#tell(key, 'object.deleted', rant);
    this.#writers.delete(key);
  }

  #tell(subject: string, type: string, organization: string): void {
    this.told.set(subject, [...(this.told.get(subject) ?? []), `${type} to ${organization}`]);
  }
}

interface OfGroup {
  readonly rant: string;
  readonly name: string;
}

const groupOf = ({ rant, name }: OfGroup) => `sedGrp:${rant}:${name}`;
const offersOf = ({ rant, name }: OfGroup) => `sedGrpOffer:${rant}:${name}`;
const offerOf = (offer: OfGroup & { readonly to: string }) => `${offersOf(offer)}/${offer.to}`;
