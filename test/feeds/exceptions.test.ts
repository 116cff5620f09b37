/** Exceptions appear and disappear: identifiers that are not shared and more specific than a shared one of their registrant. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { b, expectDone, range, ref, sedGrp, uriRec } from '../support/carrier.js';
import { type Follower, follow } from '../support/follower.js';
import { destGrp, numberKey, obj, objKey, tn } from '../support/message.js';
import { offer, offerKey, party } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import { held, visible } from '../support/visible.js';

const asker = 'iana-en:111';
let server: TestServer;
let follower: Follower;

beforeAll(async () => {
  server = await startServer();
  follower = await follow(server.deps.database.pool, asker);
});
afterAll(async () => {
  await follower?.close();
  await server?.close();
});

/** The identifiers of the follower after a pull, each with the number of its groups, 0 for exceptions. */
async function followed(): Promise<Record<string, number>> {
  await follower.pull();
  const there = await held(follower.pool);
  expect(there).toEqual(await visible(server.deps.database.pool, asker));
  const identifiers = there.pubIds as { value: string; dgs: number[] }[];
  return Object.fromEntries(identifiers.map(({ value, dgs }) => [value, dgs.length]));
}

it('exceptions follow every change of the span and of the number', async () => {
  const [target, origin] = [party(server, 'ssp2r'), party(server, 'ssp1')];
  const prefix = (digits: string, ...groups: string[]) =>
    obj('TNPType', groups.map((name) => b('dgName', name)).join('') + b('tnPrefix', digits));
  const serving = (...groups: string[]) =>
    obj('SedGrpType', sedGrp('INGRESS', ref('SBE', 10) + groups.map((name) => b('dgName', name)).join('')));
  const number = '12025550100';
  expectDone(
    await target.add(
      ...[destGrp('SHARED'), destGrp('OTHER'), destGrp('HIDDEN'), obj('URIType', uriRec('SBE')), serving('SHARED')],
      ...[offer('INGRESS', asker), prefix('1202', 'SHARED'), tn(number, ['HIDDEN']), prefix('12', 'HIDDEN')],
    ),
  );
  expectDone(await origin.accept(offerKey('INGRESS', asker)));
  expect(await followed(), 'the wider prefix is no exception').toEqual({ '1202': 1, [number]: 0 });

  expectDone(await target.del(numberKey('TNPrefix', '1202')));
  expect(await followed(), 'the span is deleted').toEqual({});
  expectDone(await target.add(prefix('1202', 'SHARED')));
  expect(await followed(), 'and is there again').toEqual({ '1202': 1, [number]: 0 });
  expectDone(await target.add(prefix('1202', 'HIDDEN')));
  expect(await followed(), 'it moves out of sight').toEqual({});
  expectDone(await target.del(numberKey('TN', number)));
  expectDone(await target.add(prefix('1202', 'SHARED')));
  expect(await followed(), 'the number went while nothing was seen').toEqual({ '1202': 1 });
  expectDone(await target.add(tn(number)));
  expect(await followed(), 'a number in no group').toEqual({ '1202': 1, [number]: 0 });
  expectDone(await target.add(tn(number, ['HIDDEN', 'SHARED'])));
  expect(await followed(), 'it is shared').toEqual({ '1202': 1, [number]: 1 });
  expectDone(await target.add(tn(number, ['OTHER'])));
  expect(await followed(), 'and not any more').toEqual({ '1202': 1, [number]: 0 });

  expectDone(await target.add(serving('SHARED', 'OTHER')));
  expect(await followed(), 'its group is served').toEqual({ '1202': 1, [number]: 1 });
  expectDone(await target.add(serving('OTHER')));
  expect(await followed(), 'the span’s group is not').toEqual({ [number]: 1 });
  expectDone(await target.add(serving('SHARED')));
  expect(await followed(), 'they change places').toEqual({ '1202': 1, [number]: 0 });

  const within = range('12025550000', '12025559999');
  expectDone(await target.add(obj('TNRType', b('dgName', 'HIDDEN') + within)));
  expect(await followed(), 'a range inside').toEqual({ '1202': 1, [number]: 0, '12025550000-12025559999': 0 });
  expectDone(await target.add(obj('TNRType', b('dgName', 'SHARED') + within)));
  expectDone(await target.del(numberKey('TNPrefix', '1202')));
  expect(await followed(), 'stands for the prefix').toEqual({ [number]: 0, '12025550000-12025559999': 1 });

  expectDone(await origin.reject(offerKey('INGRESS', asker)));
  expect(await followed(), 'the offer is rejected').toEqual({});
  expectDone(await target.add(offer('INGRESS', asker)));
  expectDone(await origin.accept(offerKey('INGRESS', asker)));
  expect(await followed(), 'and accepted anew').toEqual({ [number]: 0, '12025550000-12025559999': 1 });
  expectDone(await target.del(objKey('DestGrp', 'SHARED')));
  expect(await followed(), 'the group of the span is deleted').toEqual({});
});
