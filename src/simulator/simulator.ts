import { setTimeout as wait } from 'node:timers/promises';
import { HttpRefusedError } from '../http/http-refused.js';
import type { Disturb, IntakeRequest, RequestSource, UnreadRefusal } from '../intake/request.js';
import { identityOf, pubIdName } from '../model/identity.js';
import { isSedRec } from '../model/sed-rec-kinds.js';
import type { Item, SpppResponse } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import type { Attr, Result } from '../sppp/result.js';
import type { Deed, Rule } from './scenario.js';

/** The connection is cut on purpose before the request is carried out. */
class CutError extends Error {}

/**
 * Makes the requests of a server end as the rules of a scenario say. What is not disturbed is the server's own: a request
 * that is cut off after its commit has its objects and its journal row.
 */
export function simulate(rules: readonly Rule[]): Disturb {
  const left = new Map(rules.map((rule) => [rule, rule.times]));
  return (request, cut) => new DisturbedRequest(request, cut, left);
}

/** A request that rules may act on. */
class DisturbedRequest<Sent> implements IntakeRequest<Sent> {
  readonly caller: IntakeRequest<Sent>['caller'];
  readonly mode: IntakeRequest<Sent>['mode'];
  readonly address: IntakeRequest<Sent>['address'];
  readonly userAgent: IntakeRequest<Sent>['userAgent'];
  readonly since: IntakeRequest<Sent>['since'];
  readonly disconnected: IntakeRequest<Sent>['disconnected'];
  readonly log: IntakeRequest<Sent>['log'];
  readonly span: IntakeRequest<Sent>['span'];
  readonly #request: IntakeRequest<Sent>;
  readonly #cut: () => Sent;
  /** How often each rule may still act. */
  readonly #left: Map<Rule, number>;
  /** The rules that act on this request. */
  readonly #acting = new Set<Rule>();
  /** What happens to it as a whole. */
  #deed: Deed | undefined;
  #operation = '';

  constructor(request: IntakeRequest<Sent>, cut: () => Sent, left: Map<Rule, number>) {
    this.caller = request.caller;
    this.mode = request.mode;
    this.address = request.address;
    this.userAgent = request.userAgent;
    this.since = request.since;
    this.disconnected = request.disconnected;
    this.log = request.log;
    this.span = request.span;
    this.#request = request;
    this.#cut = cut;
    this.#left = left;
  }

  onAdmitted(serverTransId: string): void {
    this.#request.onAdmitted(serverTransId);
  }

  open(): RequestSource {
    const source = this.#request.open();
    return {
      archived: source.archived,
      head: async () => {
        const { head, refused } = await source.head();
        this.#operation = head.rule.operation;
        return { head, refused: refused ?? this.#refusedAtHead() };
      },
      objectionTo: (head) => source.objectionTo(head),
      items: () => this.#items(source),
      readAgain: undefined,
      close: () => source.close(),
    };
  }

  refusalOf(error: unknown): UnreadRefusal {
    if (error instanceof CutError) return { status: undefined, reason: error.message };
    return this.#request.refusalOf(error);
  }

  async refuse(error: unknown): Promise<Sent> {
    await this.#delay();
    return error instanceof CutError ? this.#cut() : this.#request.refuse(error);
  }

  async send(answer: SpppResponse, retryAfter: number | undefined): Promise<Sent> {
    await this.#delay();
    if (this.#deed?.is === 'cut') {
      answer.held?.drop();
      return this.#cut();
    }
    const later = this.#deed?.is === 'overall' ? this.#deed.retryAfter : undefined;
    return this.#request.send(answer, later ?? retryAfter);
  }

  /** Lets the rules act that are about all requests. Returns the result of the request, if they give it one. */
  #refusedAtHead(): Result | undefined {
    for (const rule of this.#left.keys()) {
      if (rule.identities !== undefined || !this.#acts(rule)) continue;
      const refused = this.#endBy(rule);
      if (refused !== undefined) return refused;
    }
    return undefined;
  }

  async *#items(source: RequestSource): AsyncGenerator<readonly Item[]> {
    const rules = [...this.#left.keys()].filter(({ identities }) => identities !== undefined);
    for await (const items of source.items()) {
      yield rules.length === 0 ? items : items.map((item) => this.#disturbed(item, rules));
    }
  }

  /** An item as the rules about its object leave it. Throws what ends the request. */
  #disturbed(item: Item, rules: readonly Rule[]): Item {
    const identity = identityOf(item.subject);
    let disturbed = item;
    for (const rule of rules) {
      if (!rule.identities?.has(identity) || !this.#acts(rule)) continue;
      if (rule.deed.is === 'object') {
        const { attrName, attrVal } = nameOf(item.subject);
        disturbed = { ...item, flaw: { attrName, attrVal, code: rule.deed.code, reason: reasonOf(rule) } };
      }
      const refused = this.#endBy(rule);
      if (refused !== undefined) throw new RequestRefusedError(refused);
    }
    return disturbed;
  }

  /** Whether a rule acts on this request: it does already, or it may once more. Of those that end it the first acts alone. */
  #acts(rule: Rule): boolean {
    const { deed, operations, place } = rule;
    if (operations !== undefined && !operations.has(this.#operation)) return false;
    if (this.#acting.has(rule)) return true;
    const left = this.#left.get(rule) ?? 0;
    const ends = deed.is !== 'object' && deed.is !== 'delay';
    if (left === 0 || (ends && this.#deed !== undefined)) return false;
    this.#left.set(rule, left - 1);
    this.#acting.add(rule);
    this.log.warn(
      { ...{ rule: place, registrar: this.caller.registrar, operation: this.#operation }, deed },
      'simulated',
    );
    return true;
  }

  /** Ends the request as a rule says, now or when it is answered. Returns its overall result, or throws what ends it. */
  #endBy(rule: Rule): Result | undefined {
    const { deed } = rule;
    if (deed.is === 'object' || deed.is === 'delay') return undefined;
    this.#deed = deed;
    if (deed.is === 'overall') return { code: deed.code, reason: reasonOf(rule) };
    if (deed.is === 'cut' && deed.when === 'beforeCommit') throw new CutError(reasonOf(rule));
    if (deed.is === 'cut') return undefined;
    const headers = deed.retryAfter === undefined ? {} : { 'retry-after': String(deed.retryAfter) };
    throw new HttpRefusedError(deed.status, `It is ${reasonOf(rule)}.`, headers);
  }

  async #delay(): Promise<void> {
    const delay = Math.max(0, ...[...this.#acting].map((rule) => rule.delay ?? 0));
    // Nobody waits any more once the client has left.
    if (delay > 0) await wait(delay, undefined, { signal: this.disconnected }).catch(() => undefined);
  }
}

const reasonOf = ({ place }: Rule) => `simulated by rules[${place}]`;

/** The element by which an object or key is named, for a failure of it. */
function nameOf(subject: Item['subject']): Attr {
  if (isSedRec(subject)) return { attrName: 'sedName', attrVal: subject.sedName };
  switch (subject.kind) {
    case 'DestGrpType':
      return { attrName: 'dgName', attrVal: subject.dgName };
    case 'SedGrpType':
      return { attrName: 'sedGrpName', attrVal: subject.sedGrpName };
    case 'EgrRteType':
      return { attrName: 'egrRteName', attrVal: subject.egrRteName };
    case 'ObjKeyType':
      return { attrName: 'name', attrVal: subject.name };
    case 'SedGrpOfferType':
      return nameOf(subject.sedGrpOfferKey);
    case 'SedGrpOfferKeyType':
      return { attrName: 'offeredTo', attrVal: subject.offeredTo };
    default: {
      const { type, spelling } = pubIdName(subject);
      return { attrName: pubIdElements[type], attrVal: spelling };
    }
  }
}

const pubIdElements = { TN: 'tn', TNRange: 'range', TNPrefix: 'tnPrefix', RN: 'rn', URI: 'uri' } as const;
