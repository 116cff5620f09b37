import { expect } from 'vitest';
import { asSent, b } from './carrier.js';
import {
  addRequest,
  delRequest,
  type Element,
  envelope,
  getRequest,
  type Owner,
  obj,
  type ReadAnswer,
  readAnswer,
} from './message.js';
import type { TestServer, UserName } from './server.js';

/** Every operation that carriers have, in any processing mode, with offers and batches. */

export type ModePath = '/sppp' | '/sppp/partial' | '/sppp/validate';

/** One user of a server at one of its resources. */
export interface Party {
  add(...objs: string[]): Promise<ReadAnswer>;
  del(...keys: string[]): Promise<ReadAnswer>;
  accept(...keys: string[]): Promise<ReadAnswer>;
  reject(...keys: string[]): Promise<ReadAnswer>;
  batch(...elements: string[]): Promise<ReadAnswer>;
  get(...keys: string[]): Promise<ReadAnswer>;
  getOffers(...criteria: string[]): Promise<ReadAnswer>;
  /** The only object that there must be for a key. */
  read(key: string): Promise<Element>;
}

export function party(server: TestServer, as: UserName, path: ModePath = '/sppp'): Party {
  const ask = async (xml: string) => {
    const { status, text } = await server.post(xml, { as, path });
    expect(status, text).toBe(200);
    return readAnswer(text);
  };
  const get = (...keys: string[]) => ask(getRequest(...keys));
  return {
    add: (...objs) => ask(addRequest(...objs)),
    del: (...keys) => ask(delRequest(...keys)),
    accept: (...keys) => ask(acceptRequest(...keys)),
    reject: (...keys) => ask(rejectRequest(...keys)),
    batch: (...elements) => ask(batchRequest(...elements)),
    get,
    getOffers: (...criteria) => ask(getOffersRequest(...criteria)),
    read: async (key) => {
      const { code, msg, resultObjs } = await get(key);
      expect({ code, msg, found: resultObjs.length }).toEqual({ code: 1000, msg: 'Request succeeded', found: 1 });
      return resultObjs[0] as Element;
    },
  };
}

export function acceptRequest(...keys: string[]): string {
  return envelope(`<s:spppAcceptRequest>${keys.join('')}</s:spppAcceptRequest>`);
}

export function rejectRequest(...keys: string[]): string {
  return envelope(`<s:spppRejectRequest>${keys.join('')}</s:spppRejectRequest>`);
}

export function batchRequest(...elements: string[]): string {
  return envelope(`<s:spppBatchRequest>${elements.join('')}</s:spppBatchRequest>`);
}

export function getOffersRequest(...criteria: string[]): string {
  return envelope(`<s:getSedGrpOffersRequest>${criteria.join('')}</s:getSedGrpOffersRequest>`);
}

/** An object or key under the name that it has in a batch. */
export function as(element: 'addObj' | 'delObj' | 'acceptSedGrpOffer' | 'rejectSedGrpOffer', xml: string): string {
  return xml.replace(/^<\w+/, `<${element}`).replace(/<\/\w+>$/, `</${element}>`);
}

function offerKeyContent(group: string, offeredTo: string, rant: string): string {
  const key = `<rant>${rant}</rant><name>${group}</name><type>SedGrp</type>`;
  return `<sedGrpKey>${key}</sedGrpKey><offeredTo>${offeredTo}</offeredTo>`;
}

/** The key of an offer where only such a key can stand. */
export function offerKey(group: string, offeredTo: string, rant = 'iana-en:222'): string {
  return `<sedGrpOfferKey>${offerKeyContent(group, offeredTo, rant)}</sedGrpOfferKey>`;
}

/** The key of an offer among other keys, for Get and Delete. */
export function offerObjKey(group: string, offeredTo: string, rant = 'iana-en:222'): string {
  return `<objKey xsi:type="s:SedGrpOfferKeyType">${offerKeyContent(group, offeredTo, rant)}</objKey>`;
}

export interface OfferDetails extends Owner {
  /** Of the group, where it is not the offer's own. */
  readonly groupRant?: string;
  readonly status?: string;
  /** Inherited extension. */
  readonly note?: string;
}

/** The offer of a group to an organization; what the server sets has a stand-in, as the schema wants it. */
export function offer(group: string, offeredTo: string, details: OfferDetails = {}): string {
  const { rant = 'iana-en:222', groupRant = rant, status = 'offered', note } = details;
  const ext = note === undefined ? '' : b('ext', `<x:note xmlns:x="urn:example:x">${note}</x:note>`);
  const key = `<b:sedGrpOfferKey xsi:type="s:SedGrpOfferKeyType">${offerKeyContent(group, offeredTo, groupRant)}</b:sedGrpOfferKey>`;
  return obj('SedGrpOfferType', ext + key + b('status', status) + b('offerDateTime', '2012-10-22T09:30:10Z'), details);
}

/** A reference to an ingress SED group. */
export function ingress(name: string, rant = 'iana-en:222', type = 'SedGrp'): string {
  return `<b:ingrSedGrp xsi:type="s:ObjKeyType"><rant>${rant}</rant><name>${name}</name><type>${type}</type></b:ingrSedGrp>`;
}

/** An egress route, by default of SSP1. */
export function egrRte(
  name: string,
  references = '',
  owner: Owner = { rant: 'iana-en:111', rar: 'iana-en:111' },
): string {
  const rule = b('regxRewriteRule', b('ere', '^(.*)$') + b('repl', '\\1'));
  return obj('EgrRteType', b('egrRteName', name) + b('pref', 10) + rule + references, owner);
}

/** An element and its content as one line of text. Peers are sorted, because concurrent acceptances have no order. */
export function sketch({ name, type, text, children }: Element): string {
  const sketched = children.map(sketch);
  const peers = sketched.filter((child) => child.startsWith('peeringOrg=')).sort();
  const inside = sketched.map((child) => (child.startsWith('peeringOrg=') ? (peers.shift() ?? '') : child));
  const what = type === undefined ? name : `${name}:${type}`;
  return children.length === 0 ? `${what}=${text}` : `${what}(${inside.join(' ')})`;
}

/** The same for XML of a request, without the name of the outer element. */
export function sketchOf(xml: string): string {
  return sketchInside(asSent(xml));
}

export function sketchInside(element: Element): string {
  return sketch({ ...element, name: 'it' });
}
