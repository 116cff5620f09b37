/** The life of a peering by the client library: what the toolkits in test/clients do, with our own types. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Connection,
  connect,
  type Key,
  LoginRefusedError,
  ModeNotOfferedError,
  NotConnectedError,
  type Obj,
  type ObjKey,
  type Outcome,
  type SedGrpOfferKey,
  WholeRequestError,
} from '../../src/client/connect.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/patient.js';

const ssp2Owns = { rant: 'iana-en:222', rar: 'iana-en:223' };
const ssp3Owns = { rant: 'iana-en:225', rar: 'iana-en:225' };

const objKey = (type: ObjKey['type'], name: string, { rant } = ssp2Owns): ObjKey => ({
  kind: 'ObjKeyType',
  rant,
  name,
  type,
});
const numberKey = (type: 'TN' | 'TNPrefix' | 'RN', value: string): Key => ({
  kind: 'PubIdKeyType',
  rant: ssp2Owns.rant,
  number: { value, type },
});
const rangeKey = (startRange: string, endRange: string): Key => ({
  kind: 'PubIdKeyType',
  rant: ssp2Owns.rant,
  range: { startRange, endRange },
});
const tn = (number: string): Obj => ({ kind: 'TNType', ...ssp2Owns, dgName: ['DG_LIFE'], tn: number, sedRecRef: [] });

const offerKey: SedGrpOfferKey = {
  kind: 'SedGrpOfferKeyType',
  sedGrpKey: objKey('SedGrp', 'SG_LIFE'),
  offeredTo: ssp3Owns.rant,
};

let server: TestServer;
const open: Connection[] = [];

function connected(user: string, mode?: 'atomic' | 'partial' | 'validate'): Connection {
  const connection = connect({ url: server.url, user, password: user, ...(mode === undefined ? {} : { mode }) });
  open.push(connection);
  return connection;
}

const told = ({ code, applied, verdicts }: Outcome) => [
  ...[code, applied],
  ...verdicts.map(({ index, code: verdict, attribute, value }) => [index, verdict, attribute, value]),
];

beforeAll(async () => {
  server = await startServer();
});

afterAll(async () => {
  for (const connection of open) connection.close();
  await server.close();
});

describe('a peering', () => {
  it('from its first group to its end', async () => {
    const ssp2 = connected('ssp2r', 'atomic');
    const ssp3 = connected('ssp3');
    const ssp2Partial = connected('ssp2r');
    expect(await ssp2.status()).toMatchObject({ code: 1000, serverStatus: 'inService', majMinVersion: ['1.0', '1.1'] });

    // What SSP2 has
    const record: Obj = {
      ...{ kind: 'NAPTRType', ...ssp2Owns, sedName: 'SED_LIFE', isInSvc: true, order: 10, flags: 'u', svcs: 'E2U+sip' },
      regx: { ere: '^(.*)$', repl: 'sip:\\1@sbe1.ssp2.example' },
    };
    const group: Obj = {
      ...{
        kind: 'SedGrpType',
        ...ssp2Owns,
        sedGrpName: 'SG_LIFE',
        dgName: ['DG_LIFE'],
        peeringOrg: [],
        sourceIdent: [],
      },
      ...{ sedRecRef: [{ sedKey: objKey('SedRec', 'SED_LIFE'), priority: 100 }], isInSvc: true, priority: 10 },
    };
    expect(told(await ssp2.add([{ kind: 'DestGrpType', ...ssp2Owns, dgName: 'DG_LIFE' }, record, group]))).toEqual([
      1000, 3,
    ]);
    const claimed = await ssp2.add([
      { ...(tn('+12025550100') as Extract<Obj, { kind: 'TNType' }>), corInfo: { corClaim: true } },
      {
        ...{ kind: 'TNRType', ...ssp2Owns, dgName: ['DG_LIFE'] },
        range: { startRange: '+12025551000', endRange: '+12025551999' },
      },
    ]);
    expect(claimed).toMatchObject({ code: 1000, applied: 2, isIndexed: true });
    // A claim that holds is told, with the object as the registry has it.
    expect(claimed.verdicts).toMatchObject([
      { index: 0, code: 1000, object: { tn: '+12025550100', corInfo: { cor: true } } },
    ]);

    // The peering
    const offer: Obj = {
      ...{ kind: 'SedGrpOfferType', ...ssp2Owns, sedGrpOfferKey: offerKey, status: 'offered' },
      offerDateTime: '2026-11-21T00:00:00Z',
    };
    expect(told(await ssp2.add([offer]))).toEqual([1000, 1]);
    const offers = await ssp3.offers({ offeredTo: ssp3Owns.rant, status: 'offered' });
    expect(offers.objects).toMatchObject([{ kind: 'SedGrpOfferType', sedGrpOfferKey: offerKey, status: 'offered' }]);
    expect(told(await ssp3.accept([offerKey]))).toEqual([1000, 1]);
    const { objects: shared } = await ssp3.get([objKey('SedGrp', 'SG_LIFE'), objKey('SedRec', 'SED_LIFE')]);
    expect(shared).toMatchObject([{ peeringOrg: [ssp3Owns.rant] }, { regx: record.regx }]);
    const route: Obj = {
      ...{
        kind: 'EgrRteType',
        ...ssp3Owns,
        egrRteName: 'ER_LIFE',
        pref: 50,
        ingrSedGrp: [objKey('SedGrp', 'SG_LIFE')],
      },
      regxRewriteRule: { ere: '^(.*@)(.*)$', repl: '\\1\\2?route=egress.ssp3.example' },
    };
    expect(told(await ssp3.add([route]))).toEqual([1000, 1]);
    const { objects: routes } = await ssp3.get([objKey('EgrRte', 'ER_LIFE', ssp3Owns)]);
    expect(routes).toMatchObject([{ ingrSedGrp: [objKey('SedGrp', 'SG_LIFE')] }]);
    expect((await ssp2.offers({ keys: [offerKey] })).objects).toMatchObject([{ status: 'accepted' }]);

    // Changes: what Get returned can be added again; a batch keeps its order.
    const { objects } = await ssp2.get([objKey('SedGrp', 'SG_LIFE'), numberKey('TN', '+12025550100')]);
    expect(told(await ssp2.add(objects))).toEqual([1000, 2, [1, 1000, undefined, undefined]]);
    const prefix: Obj = { kind: 'TNPType', ...ssp2Owns, dgName: ['DG_LIFE'], tnPrefix: '+1202556' };
    const batch = await ssp2.batch([
      { verb: 'add', subject: prefix },
      { verb: 'delete', subject: rangeKey('+12025551000', '+12025551999') },
      { verb: 'add', subject: { kind: 'RNType', ...ssp2Owns, dgName: ['DG_LIFE'], rn: '2025550000' } },
      { verb: 'delete', subject: numberKey('TNPrefix', '+1202556') },
    ]);
    expect(told(batch)).toEqual([1000, 4]);
    const mistaken = await ssp2.batch([
      { verb: 'add', subject: { kind: 'DestGrpType', ...ssp2Owns, dgName: 'DG_OTHER' } },
      { verb: 'delete', subject: numberKey('TNPrefix', '+1202556') },
    ]);
    expect(told(mistaken)).toEqual([2100, 0, [1, 2102, 'value', '+1202556']]);
    expect(mistaken.verdicts[0]?.object).toEqual(numberKey('TNPrefix', '+1202556'));
    const numbers = ['+12025550101', '+1202555ABCD', '+12025550103'].map(tn);
    expect(told(await ssp2.add(numbers))).toEqual([2100, 0, [1, 2101, 'tn', '+1202555ABCD']]);
    const partly = await ssp2Partial.add(numbers);
    expect(told(partly)).toEqual([2100, 2, [1, 2101, 'tn', '+1202555ABCD']]);
    expect(partly.verdicts[0]).toMatchObject({ reason: 'not digits 0 to 9 after an optional +', object: numbers[1] });

    // The end
    expect(told(await ssp3.reject([offerKey]))).toEqual([1000, 1]);
    expect(told(await ssp3.delete([objKey('EgrRte', 'ER_LIFE', ssp3Owns)]))).toEqual([1000, 1]);
    const everything = [
      ...[objKey('SedGrp', 'SG_LIFE'), objKey('SedRec', 'SED_LIFE'), objKey('DestGrp', 'DG_LIFE')],
      ...[numberKey('TN', '+12025550100'), numberKey('RN', '2025550000')],
      ...[numberKey('TN', '+12025550101'), numberKey('TN', '+12025550103')],
    ];
    expect(told(await ssp2.delete(everything))).toEqual([1000, 7]);
    const again = await ssp2Partial.delete(everything);
    expect([again.code, again.applied, again.verdicts.map(({ index, code }) => [index, code])]).toEqual([
      ...[2100, 0, everything.map((_, index) => [index, 2102])],
    ]);
    expect(await ssp2.get(everything)).toMatchObject({ code: 1000, objects: [], verdicts: [] });
  });
});

describe('a request', () => {
  it('with an item that cannot be written has a verdict for it, and the others are carried out', async () => {
    const numbers = [tn('+12025550301'), { ...tn('+12025550302'), rant: 'a\0b' }, { kind: 'TNType' } as Obj, tn('+1X')];
    const ssp2 = connected('ssp2r');
    await ssp2.add([{ kind: 'DestGrpType', ...ssp2Owns, dgName: 'DG_LIFE' }]);
    expect(told(await ssp2.add(numbers))).toEqual([
      ...[2100, 1, [1, 2101, 'rant', 'a\0b'], [2, 2000, 'rant', ''], [3, 2101, 'tn', '+1X']],
    ]);
    expect(told(await connected('ssp2r', 'atomic').add(numbers))).toEqual([2100, 0, [1, 2101, 'rant', 'a\0b']]);
  });

  it('in the mode validate stores nothing', async () => {
    const validating = connected('ssp2r', 'validate');
    const group: Obj = { kind: 'DestGrpType', ...ssp2Owns, dgName: 'DG_TRIED' };
    expect(told(await validating.add([group, tn('X')]))).toEqual([2100, 1, [1, 2101, 'tn', 'X']]);
    expect((await validating.get([objKey('DestGrp', 'DG_TRIED')])).objects).toEqual([]);
  });

  it('for what the login may not see has the code of its first key at fault', async () => {
    const found = await connected('ssp2r').get([objKey('SedGrp', 'SG_NONE'), objKey('SedGrp', 'SG_NONE', ssp3Owns)]);
    expect(found).toMatchObject({
      code: 2103,
      objects: [],
      verdicts: [{ index: 1, verb: 'get', code: 2103, attribute: 'rant' }],
    });
  });

  it('that is too large names the limit', async () => {
    const small = await startServer({ settings: { SPPP_MAX_OBJECTS: '3' } });
    const ssp2 = connect({ url: `${small.url}/sppp`, user: 'ssp2r', password: 'ssp2r' });
    const error = await ssp2.add(['1', '2', '3', '4'].map(tn)).catch((thrown) => thrown);
    expect(error).toBeInstanceOf(WholeRequestError);
    expect(error).toMatchObject({ code: 2001, maxSupported: 3, isRetrySafe: false });
    await ssp2.add([{ kind: 'DestGrpType', ...ssp2Owns, dgName: 'DG_LIFE' }]);
    const parts = [];
    const items = Array.from({ length: 8 }, (_, index) => ({
      verb: 'add' as const,
      subject: tn(`+120255500${index}`),
    }));
    for await (const part of ssp2.bulk(items)) parts.push([part.first, part.count, part.outcome.code]);
    expect(parts).toEqual([
      [0, 3, 1000],
      [3, 3, 1000],
      [6, 2, 1000],
    ]);
    ssp2.close();
    await small.close();
  });
});

describe('a connection', () => {
  it('tells that the login is refused, and never the password', async () => {
    const wrong = connect({ url: server.url, user: 'ssp2r', password: 'not-the-secret' });
    open.push(wrong);
    const error = await wrong.status().catch((thrown) => thrown);
    expect(error).toBeInstanceOf(LoginRefusedError);
    expect(error).toMatchObject({ status: 401, isRetrySafe: false });
    const { inspect } = await import('node:util');
    for (const each of [error, wrong, await wrong.soap().catch((thrown) => thrown)]) {
      expect(inspect(each, { depth: 12, showHidden: true })).not.toContain('not-the-secret');
    }
    await expect(connect({ url: server.url }).status()).rejects.toThrow('the server asks for user and password');
  });

  it('tells that there is no server, or no SPPP', async () => {
    const nobody = connect({ url: 'http://127.0.0.1:1', user: 'a', password: 'b' });
    const refused = await nobody.status().catch((thrown) => thrown);
    expect(refused).toBeInstanceOf(NotConnectedError);
    expect(refused).toMatchObject({ isRetrySafe: true, message: expect.stringContaining('ECONNREFUSED') });
    const elsewhere = connect({ url: `${server.url}/nothing`, user: 'ssp2r', password: 'ssp2r' });
    await expect(elsewhere.status()).rejects.toMatchObject({ name: 'HttpStatusError', status: 404 });
  });

  it.each([
    [{ url: 'x' }, 'url: x is no absolute URL'],
    [{ mode: 'sometimes' }, 'mode: sometimes is none of atomic, partial, validate'],
    [{ url: 'http://x/sppp/validate', mode: 'atomic' }, 'mode: atomic, and the url says validate'],
    [{ password: undefined }, 'password: missing beside the user'],
    [{ user: undefined }, 'user: missing beside the password'],
    [{ timeout: -1 }, 'timeout: -1 is no number of milliseconds'],
    [{ ca: 'x' }, 'certificate, ca: the url is not one of https'],
    [{ url: 'https://x', certificate: { cert: 'x', key: 'y' } }, 'certificate, ca: '],
  ])('refuses %j', (options, message) => {
    const all = { url: 'http://x', user: 'a', password: 'the-secret', ...options } as Parameters<typeof connect>[0];
    expect(() => connect(all)).toThrow(TypeError);
    expect(() => connect(all)).toThrow(message);
    expect(() => connect(all)).not.toThrow('the-secret');
  });

  it('reads any resource of the server with its login', async () => {
    const ssp2 = connected('ssp2r');
    const { clientTransId = '' } = await ssp2.add([{ kind: 'DestGrpType', ...ssp2Owns, dgName: 'DG_ASKED' }]);
    const answer = await ssp2.httpGet('/transaction', { clientTransId });
    expect([answer.status, JSON.parse(await answer.text())]).toMatchObject([
      200,
      { transactions: [{ committed: true }] },
    ]);
    expect((await ssp2.httpGet('/nothing')).status).toBe(404);
  });

  it("has the package soap's client, for what it does not wrap", async () => {
    const soap = await connected('ssp2r').soap();
    const [answer] = await (soap.submitGetSedGrpOffersRqstAsync?.({ status: 'offered' }) ?? []);
    expect(answer).toMatchObject({ overallResult: { code: '1000' } });
    expect(Object.keys(soap.describe() as object)).toEqual(['spppService']);
  });

  it('finds no mode at a server that does not say it has it', async () => {
    const { ServerKind } = await import('../../src/client/server-kind.js');
    const kind = new ServerKind('validate', async () => ({ extURI: [] }));
    await expect(kind.mode()).rejects.toBeInstanceOf(ModeNotOfferedError);
  });
});
