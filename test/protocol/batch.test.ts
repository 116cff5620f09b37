/** Batches: additions, deletions, acceptances and rejections in one request (RFC 7878 §7.2.5, RFC 7877 §9.3.2). */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { allTexts, expectDone, expectRefused, expectTold, ref, sedGrp, TestClock, uriRec } from '../support/carrier.js';
import { addRequest, destGrp, envelope, numberKey, obj, objKey, readAnswer, textAt, tn } from '../support/message.js';
import {
  as,
  batchRequest,
  egrRte,
  ingress,
  offer,
  offerKey,
  offerObjKey,
  type Party,
  party,
  sketchInside,
  sketchOf,
} from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

const [ssp1, ssp2] = ['iana-en:111', 'iana-en:222'] as const;
const clock = new TestClock();
let server: TestServer;
let carrier: Party;
let peer: Party;
let name: string;
let names = 0;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  carrier = party(server, 'ssp2r');
  peer = party(server, 'ssp1');
});
afterAll(() => server.close());
beforeEach(() => {
  name = `NAME_${++names}`;
});

const add = (xml: string) => as('addObj', xml);
const del = (xml: string) => as('delObj', xml);
const accept = (xml: string) => as('acceptSedGrpOffer', xml);
const reject = (xml: string) => as('rejectSedGrpOffer', xml);
const found = async (by: Party, key: string) => (await by.get(key)).resultObjs.length;
const theGroup = () => add(obj('SedGrpType', sedGrp(name)));

describe('a batch', () => {
  it('builds a whole peering at once, each element on the objects of those before it', async () => {
    expectDone(
      await carrier.batch(
        add(destGrp(name)),
        add(obj('URIType', uriRec(name))),
        add(tn('12025550100', [name])),
        add(obj('SedGrpType', sedGrp(name, `${ref(name, 10)}<b:dgName>${name}</b:dgName>`))),
        add(offer(name, ssp1)),
      ),
    );
    const stored = await carrier.read(objKey('SedGrp', name));
    expect(allTexts(stored, 'dgName')).toEqual([name]);
    expect(await found(peer, offerObjKey(name, ssp1))).toBe(1);
  });

  it('refuses an element that refers to an object of a later one', async () => {
    expectRefused(await carrier.batch(add(tn('12025550101', [name])), add(destGrp(name))), 2102, 'dgName', name);
    expect(await found(carrier, objKey('DestGrp', name))).toBe(0);
  });

  it('may add, delete and add the same object again: the last element counts, and the object is new', async () => {
    expectDone(await carrier.add(destGrp(name)));
    const now = clock.tick();
    const key = del(objKey('DestGrp', name));
    expectDone(await carrier.batch(key, add(destGrp(name.toLowerCase())), key, add(destGrp(name))));
    const stored = await carrier.read(objKey('DestGrp', name));
    expect(['dgName', 'cDate', 'mDate'].map((each) => textAt(stored, each))).toEqual([name, now, undefined]);
  });

  it('may add the same object several times: the last one counts and is a modification', async () => {
    const now = clock.tick();
    const [first, second, third] = [destGrp(name), destGrp(name.toLowerCase()), destGrp(name)];
    expectDone(await carrier.batch(add(first), add(second), add(third)));
    const stored = await carrier.read(objKey('DestGrp', name));
    expect(['dgName', 'cDate', 'mDate'].map((each) => textAt(stored, each))).toEqual([name, now, now]);
  });

  it('is refused if it deletes the same object twice', async () => {
    expectDone(await carrier.add(destGrp(name)));
    const key = del(objKey('DestGrp', name));
    expectRefused(await carrier.batch(key, key), 2102, 'name', name);
    expect(await found(carrier, objKey('DestGrp', name))).toBe(1);
  });

  it('lets a deletion remove the references that the same batch made', async () => {
    expectDone(await carrier.batch(add(destGrp(name)), add(tn('12025550102', [name])), del(objKey('DestGrp', name))));
    expect(allTexts(await carrier.read(numberKey('TN', '12025550102')), 'dgName')).toEqual([]);
  });

  it('accepts an offer and makes a route to the group in one go', async () => {
    expectDone(await carrier.batch(theGroup(), add(offer(name, ssp1))));
    expectDone(await peer.batch(accept(offerKey(name, ssp1)), add(egrRte(name, ingress(name)))));
    expect(await found(peer, objKey('EgrRte', name, ssp1))).toBe(1);
  });

  it('refuses the route if it precedes the acceptance', async () => {
    expectDone(await carrier.batch(theGroup(), add(offer(name, ssp1))));
    const answer = await peer.batch(add(egrRte(name, ingress(name))), accept(offerKey(name, ssp1)));
    expectRefused(answer, 2103, 'name', name);
    expect(textAt(await peer.read(offerObjKey(name, ssp1)), 'status')).toBe('offered');
  });

  it('can accept and reject an offer, but not accept it again afterwards', async () => {
    expectDone(await carrier.batch(theGroup(), add(offer(name, ssp1))));
    const key = offerKey(name, ssp1);
    expectRefused(await peer.batch(accept(key), reject(key), accept(key)), 2102, 'offeredTo', ssp1);
    expectDone(await peer.batch(accept(key), accept(key), reject(key)));
    expect(await found(peer, offerObjKey(name, ssp1))).toBe(0);
  });

  it('is one transaction: elements before a failure, of any verb, are undone', async () => {
    expectDone(await carrier.batch(theGroup(), add(offer(name, ssp1)), add(destGrp(name))));
    const before = await carrier.read(objKey('SedGrp', name));
    const answer = await carrier.batch(
      add(tn('12025550103')),
      add(obj('SedGrpType', sedGrp(name, '', 99))),
      del(offerObjKey(name, ssp1)),
      del(objKey('DestGrp', name)),
      del(objKey('DestGrp', 'NO_GROUP')),
      add(destGrp('NEVER_SEEN')),
    );
    expectRefused(answer, 2102, 'name', 'NO_GROUP');
    expect(await carrier.read(objKey('SedGrp', name))).toEqual(before);
    const still = [offerObjKey(name, ssp1), objKey('DestGrp', name)];
    expect(await found(carrier, still.join(''))).toBe(2);
    expect(await found(carrier, numberKey('TN', '12025550103') + objKey('DestGrp', 'NEVER_SEEN'))).toBe(0);
  });
});

describe('the result of a batch', () => {
  it.each([
    ['addResult', () => add(tn('12025550104', [name])), () => tn('12025550104', [name])],
    ['delResult', () => del(objKey('DestGrp', name)), () => objKey('DestGrp', name)],
    ['acceptResult', () => accept(offerKey(name, ssp2)), () => offerKey(name, ssp2)],
    ['rejectResult', () => reject(offerKey(name, ssp2)), () => offerKey(name, ssp2)],
  ] as const)('has a failure in %s, with the object or key as sent', async (element, item, sent) => {
    const answer = await carrier.batch(add(destGrp(`${name}_OTHER`)), item());
    expect(answer.wrapper).toBe('spppBatchResponse');
    expect(answer.details.map((detail) => detail.element)).toEqual([element]);
    const type = /SedGrpOffer|accept|reject/.test(element) ? 'SedGrpOfferKeyType' : undefined;
    const expected = sketchOf(sent());
    const subject = answer.details[0]?.subject;
    expect(subject && sketchInside(subject)).toBe(type === undefined ? expected : expected.replace('it', `it:${type}`));
  });

  it('has elements of each kind in the order of the request', async () => {
    const everything = party(server, 'ssp2r', '/sppp/partial');
    const answer = await everything.batch(
      reject(offerKey(name, ssp2)),
      add(tn('12025550105', [name])),
      accept(offerKey(name, ssp2)),
      del(objKey('DestGrp', name)),
      add(destGrp('ab')),
      reject(offerKey(name, ssp1)),
    );
    expect(answer.details.map(({ element }) => element)).toEqual([
      'rejectResult',
      'addResult',
      'acceptResult',
      'delResult',
      'addResult',
      'rejectResult',
    ]);
    expectTold(answer.details[0], 2102, 'name', name);
    expectTold(answer.details[4], 2101, 'dgName', 'ab');
    expectTold(answer.details[5], 2103, 'offeredTo', ssp1);
  });

  it('has a carrier-of-record claim that was won, with the object as stored', async () => {
    const now = clock.tick();
    const claim = obj('TNType', '<b:tn>12025550106</b:tn><b:corInfo><b:corClaim>true</b:corClaim></b:corInfo>');
    const answer = await carrier.batch(add(destGrp(name)), add(claim), del(numberKey('TN', '12025550106')));
    expect([answer.code, ...answer.details.map(({ element, code }) => `${element} ${code}`)]).toEqual([
      1000,
      'addResult 1000',
    ]);
    const { subject } = answer.details[0] ?? {};
    expect([textAt(subject, 'corInfo', 'cor'), textAt(subject, 'corInfo', 'corDate')]).toEqual(['true', now]);
    expect(await found(carrier, numberKey('TN', '12025550106'))).toBe(0);
  });

  it('echoes the client’s transaction id and has a new one of the server’s', async () => {
    const send = async () => {
      const request = batchRequest(`<clientTransId>batch_1</clientTransId>${add(destGrp(name))}`);
      return readAnswer((await server.post(request)).text);
    };
    const [first, second] = [await send(), await send()];
    expect([first.clientTransId, second.clientTransId]).toEqual(['batch_1', 'batch_1']);
    expect(first.serverTransId).not.toBe(second.serverTransId);
  });
});

describe('an invalid batch', () => {
  it('is a syntax error without any element', async () => {
    expect((await carrier.batch()).code).toBe(2000);
  });

  it('is a syntax error with a Get in it', async () => {
    expect((await carrier.batch(add(destGrp(name)), objKey('DestGrp', name))).code).toBe(2000);
    expect(await found(carrier, objKey('DestGrp', name))).toBe(0);
  });
});

describe('a request of many objects', () => {
  const numbers = Array.from({ length: 5000 }, (_, index) => tn(`1303${String(index).padStart(7, '0')}`));

  it('is undone as a whole when the last of five thousand fails, and the answer names that one', async () => {
    const answer = readAnswer((await server.post(addRequest(...numbers, tn('13039999999', [name])))).text);
    expectRefused(answer, 2102, 'dgName', name);
    expect(await server.sql(`SELECT FROM sppp.public_identifier WHERE value LIKE '1303%'`)).toEqual([]);
  });

  it('is carried out as a whole when all are valid', async () => {
    expectDone(readAnswer((await server.post(addRequest(...numbers))).text));
    expect(await server.sql(`SELECT FROM sppp.public_identifier WHERE value LIKE '1303%'`)).toHaveLength(5000);
  });

  it('counts all kinds of elements against the limit', async () => {
    const small = await startServer({ settings: { SPPP_MAX_OBJECTS: '3' } });
    try {
      const items = [
        add(destGrp(name)),
        del(objKey('DestGrp', name)),
        add(destGrp(name)),
        accept(offerKey(name, ssp1)),
      ];
      const body = `<s:spppBatchRequest>${items.join('')}</s:spppBatchRequest>`;
      const answer = readAnswer((await small.post(envelope(body))).text);
      expect([answer.code, answer.msg]).toEqual([2001, 'Request too large MaxSupported:3']);
      expect((await party(small, 'ssp2r').get(objKey('DestGrp', name))).resultObjs).toEqual([]);
    } finally {
      await small.close();
    }
  });
});
