/** Egress routes and the ingress SED groups that they may name (RFC 7877 §6.6). */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectDone, expectRefused, expectTold, sedGrp, TestClock } from '../support/carrier.js';
import { obj, objKey, textAt } from '../support/message.js';
import {
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

const [ssp1, ssp2, ssp4] = ['iana-en:111', 'iana-en:222', 'iana-en:226'] as const;
const mine = { rant: ssp1, rar: ssp1 };
const clock = new TestClock();
let server: TestServer;
/** SSP1 sends calls, SSP2's registrar takes them, SSP4 has no part in it. */
let origin: Party;
let target: Party;
let stranger: Party;
let group: string;
let route: string;
let count = 0;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  origin = party(server, 'ssp1');
  target = party(server, 'ssp2r');
  stranger = party(server, 'ssp4');
});
afterAll(() => server.close());
beforeEach(async () => {
  group = `GRP_${++count}`;
  route = `ROUTE_${count}`;
  expectDone(await target.add(obj('SedGrpType', sedGrp(group)), offer(group, ssp1)));
});

const accept = async () => expectDone(await origin.accept(offerKey(group, ssp1)));
const read = () => origin.read(objKey('EgrRte', route, ssp1));
const ingressOf = async () =>
  (await read()).children.filter(({ name }) => name === 'ingrSedGrp').map((key) => textAt(key, 'name'));

describe('an ingress group of an egress route', () => {
  it('may be another registrant’s that was offered and accepted', async () => {
    await accept();
    const sent = egrRte(route, ingress(group));
    expectDone(await origin.add(sent));
    const stored = await read();
    const children = stored.children.filter(({ name }) => name !== 'cDate');
    expect(sketchInside({ ...stored, children })).toBe(sketchOf(sent));
  });

  it('may be the registrant’s own, without an offer', async () => {
    expectDone(await origin.add(obj('SedGrpType', sedGrp(group), mine)));
    expectDone(await origin.add(egrRte(route, ingress(group, ssp1))));
    expect(await ingressOf()).toEqual([group]);
  });

  it('does not exist if the registrant itself has no such group', async () => {
    expectRefused(await origin.add(egrRte(route, ingress('NO_GROUP', ssp1))), 2102, 'name', 'NO_GROUP');
  });

  it.each([
    ['was offered and not accepted', () => ingress(group)],
    ['is not there', () => ingress('NO_GROUP')],
    ['belongs to an organization that is not known', () => ingress('NO_GROUP', 'iana-en:999')],
  ])('is refused with the same text, as not allowed, if another registrant’s group %s', async (_, reference) => {
    const name = /<name>(.*)<\/name>/.exec(reference())?.[1] ?? '';
    const answer = await origin.add(egrRte(route, reference()));
    expectRefused(answer, 2103, 'name', name);
    expect(answer.details[0]?.msg).toBe(
      `Object status or ownership does not allow for operation AttrName:name AttrVal:${name} (not shared with the registrant of the route; object 1)`,
    );
  });

  it('is refused to an organization without an offer, even if another accepted the group', async () => {
    await accept();
    const answer = await stranger.add(egrRte(route, ingress(group), { rant: ssp4, rar: ssp4 }));
    expectRefused(answer, 2103, 'name', group);
  });

  it('is refused after the offer was rejected', async () => {
    await accept();
    expectDone(await origin.reject(offerKey(group, ssp1)));
    expectRefused(await origin.add(egrRte(route, ingress(group))), 2103, 'name', group);
  });

  it('is named by a key of the type SedGrp', async () => {
    await accept();
    expectRefused(await origin.add(egrRte(route, ingress(group, ssp2, 'SedRec'))), 2101, 'type', 'SedRec');
  });

  it('is reported in the order of the references: the first invalid one', async () => {
    await accept();
    const references = ingress(group) + ingress('NO_GROUP', ssp1) + ingress('NO_OTHER');
    expectRefused(await origin.add(egrRte(route, references)), 2102, 'name', 'NO_GROUP');
  });

  it('counts once when it is named twice, and keeps its position in the list', async () => {
    await accept();
    expectDone(await target.add(obj('SedGrpType', sedGrp(`A_${group}`)), offer(`A_${group}`, ssp1)));
    expectDone(await origin.accept(offerKey(`A_${group}`, ssp1)));
    const references = ingress(group) + ingress(`A_${group}`) + ingress(group.toLowerCase());
    expectDone(await origin.add(egrRte(route, references)));
    expect(await ingressOf()).toEqual([group, `A_${group}`]);
  });

  it('stays in the route, without effect, when the offer is rejected or withdrawn later', async () => {
    await accept();
    expectDone(await origin.add(egrRte(route, ingress(group))));
    const before = await read();
    clock.tick();
    expectDone(await origin.reject(offerKey(group, ssp1)));
    expect(await read()).toEqual(before);
    expectDone(await target.add(offer(group, ssp1)));
    await accept();
    expectDone(await target.del(offerObjKey(group, ssp1)));
    expect(await read()).toEqual(before);
  });

  it('leaves the route when the group is deleted, and that is a modification', async () => {
    await accept();
    expectDone(await origin.add(egrRte(route, ingress(group))));
    const now = clock.tick();
    expectDone(await target.del(objKey('SedGrp', group)));
    expect(await ingressOf()).toEqual([]);
    expect(textAt(await read(), 'mDate')).toBe(now);
  });

  it('does not come back with a new group of the same name', async () => {
    await accept();
    expectDone(await origin.add(egrRte(route, ingress(group))));
    expectDone(await target.del(objKey('SedGrp', group)));
    expectDone(await target.add(obj('SedGrpType', sedGrp(group))));
    expect(await ingressOf()).toEqual([]);
  });
});

describe('an egress route', () => {
  it('needs no ingress group', async () => {
    expectDone(await origin.add(egrRte(route)));
    expect(await ingressOf()).toEqual([]);
  });

  it('is replaced as a whole: omitted references and services are removed', async () => {
    await accept();
    const full = egrRte(route, `${ingress(group)}<b:svcs>E2U+sip</b:svcs>`);
    const first = clock.tick();
    expectDone(await origin.add(full));
    expect(textAt(await read(), 'svcs')).toBe('E2U+sip');
    const second = clock.tick();
    expectDone(await origin.add(egrRte(route.toLowerCase())));
    const stored = await read();
    expect(await ingressOf()).toEqual([]);
    expect(['cDate', 'mDate', 'egrRteName', 'svcs'].map((name) => textAt(stored, name))).toEqual([
      first,
      second,
      route.toLowerCase(),
      undefined,
    ]);
  });

  it('belongs to its registrant alone: the target cannot read or delete it', async () => {
    await accept();
    expectDone(await origin.add(egrRte(route, ingress(group))));
    expectTold(await target.get(objKey('EgrRte', route, ssp1)), 2103, 'rant', ssp1);
    expectRefused(await target.del(objKey('EgrRte', route, ssp1)), 2103, 'rant', ssp1);
  });

  it('is deleted by its name, once', async () => {
    expectDone(await origin.add(egrRte(route)));
    expectDone(await origin.del(objKey('EgrRte', route.toLowerCase(), ssp1)));
    expect((await origin.get(objKey('EgrRte', route, ssp1))).resultObjs).toEqual([]);
    expectRefused(await origin.del(objKey('EgrRte', route, ssp1)), 2102, 'name', route);
  });

  it.each([
    ['an expression that does not compile', (xml: string) => xml.replace('^(.*)$', '^(.*$'), 'ere', '^(.*$'],
    ['a back-reference to no group', (xml: string) => xml.replace('\\1', '\\2'), 'repl', '\\2'],
    ['a preference beyond 65535', (xml: string) => xml.replace('>10<', '>65536<'), 'pref', '65536'],
    [
      'a service that is none',
      (xml: string) => xml.replace('</obj>', '<b:svcs>sip sip</b:svcs></obj>'),
      'svcs',
      'sip sip',
    ],
  ] as const)('is refused with %s', async (_, spoil, attrName, attrVal) => {
    expectRefused(await origin.add(spoil(egrRte(route))), 2101, attrName, attrVal);
  });
});
