import { setTimeout as delay } from 'node:timers/promises';
import { v7 as newTransId } from 'uuid';
import { expect } from 'vitest';
import { Dice } from './authority-model.js';
import { DigestClient } from './digest-client.js';
import { type Change, type EventModel, familyOf } from './event-model.js';
import { readAnswer } from './message.js';
import type { MortalRegistry } from './mortal-registry.js';
import { batchRequest } from './peering.js';
import { itemOf, orgs, randomChanges } from './random-changes.js';

/** System temporarily unavailable: nothing was done. */
const UNAVAILABLE = 2300;

const PAUSE_MS = 50;

const modes = ['', '', '/partial', '/validate'] as const;

/** The user name of an organization, which is its password, too. */
export const usernameOf = (org: string) => org.replace('iana-en:', 'ssp');

/** Organizations that change a registry at the same time, and a model with it, while the registry is killed. */
export class ChangingOrganizations {
  /** Changes that the registry has carried out or refused, and those that it has carried out. */
  settled = 0;
  done = 0;
  /** Requests whose answer was lost. */
  lost = 0;
  readonly #registry: MortalRegistry;
  readonly #model: EventModel;
  readonly #dice: Dice;
  /** Families that requests under way change: the others may be changed at the same time. */
  readonly #busy = new Set<string>();
  #moment = 0;

  constructor(registry: MortalRegistry, model: EventModel, dice: Dice) {
    this.#registry = registry;
    this.#model = model;
    this.#dice = dice;
  }

  /** A moment that is later than all before. */
  moment(): number {
    return ++this.#moment;
  }

  /** Sends requests until so many more changes are settled. */
  async change(count: number): Promise<void> {
    const until = this.settled + count;
    await Promise.all(orgs.map((org) => this.#drive(org, new Dice(this.#dice.below(2 ** 31)), until)));
  }

  /** One organization sends one request after the other. */
  async #drive(org: string, dice: Dice, until: number): Promise<void> {
    const client = new DigestClient({ username: usernameOf(org), password: usernameOf(org) });
    while (this.settled < until) {
      const changes = randomChanges(dice, org, this.#model, (family) => this.#busy.has(family));
      if (changes.length === 0) {
        await delay(1);
        continue;
      }
      for (const change of changes) this.#busy.add(familyOf(change));
      const isJudged = await this.#send(org, client, dice.one(modes), changes);
      for (const change of changes) this.#busy.delete(familyOf(change));
      if (this.#model.suspended === org) return;
      if (isJudged) this.settled += changes.length;
      else await delay(PAUSE_MS);
    }
  }

  /**
   * Sends changes in one request, and has the model carry out what the registry has. Returns whether the registry was there to
   * carry them out or refuse them.
   */
  async #send(org: string, client: DigestClient, mode: string, changes: readonly Change[]): Promise<boolean> {
    const clientTransId = newTransId();
    const items = changes.map((change) => itemOf(change, org));
    const body = batchRequest(`<clientTransId>${clientTransId}</clientTransId>`, ...items);
    const sent = this.moment();
    const sending = await this.#registry.send(client, `/sppp${mode}`, {
      ...{ method: 'POST', headers: { 'content-type': 'text/xml' }, body },
    });
    const { received } = sending;
    const good = changes.filter((change) => !this.#model.fails(change, org));
    const isGood = good.length === changes.length;
    const isKept = mode === '/partial' ? good.length > 0 : mode === '' && isGood;
    const told = `${org} ${mode} ${JSON.stringify(changes)}: ${received?.text}`;
    let serverTransId: string | undefined;
    if (received === undefined) {
      this.lost += 1;
      await sending.over();
      serverTransId = await this.#committedAs(client, clientTransId);
      expect(isKept || serverTransId === undefined, told).toBe(true);
    } else if (received.status === 200) {
      const { code, serverTransId: answered } = readAnswer(received.text);
      if (code === UNAVAILABLE) return false;
      expect(isGood ? [1000] : [2100, 2101, 2102, 2103], told).toContain(code);
      if (isKept) serverTransId = answered ?? 'none';
    } else {
      expect(received.status, told).toBe(this.#model.suspended === org ? 403 : 503);
      return false;
    }
    if (serverTransId === undefined) return true;
    this.done += good.length;
    const cause = { registrar: org, serverTransId, sent, known: this.moment() };
    for (const change of good) this.#model.apply(change, cause);
    return true;
  }

  /** The server's id of a request whose answer was lost; undefined: it was not carried out. */
  async #committedAs(client: DigestClient, clientTransId: string): Promise<string | undefined> {
    for (;;) {
      const { received } = await this.#registry.send(client, `/transaction?clientTransId=${clientTransId}`);
      if (received?.status === 200) {
        const { transactions } = JSON.parse(received.text) as {
          transactions: { serverTransId: string; committed: boolean }[];
        };
        return transactions.find(({ committed }) => committed)?.serverTransId;
      }
      await delay(PAUSE_MS);
    }
  }
}
