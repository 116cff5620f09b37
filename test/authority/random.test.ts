/**
 * Random registrars at random objects: nothing outside the grants is read or written. The reference model is
 * test/support/authority-model.ts. SPPP_TEST_CHECKS and SPPP_TEST_CHECKS_HTTP set the number of checks in process and
 * over HTTP, SPPP_TEST_SEED repeats. The whole of it:
 * SPPP_TEST_CHECKS_HTTP=50000 npx vitest run test/authority/random.test.ts
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Caller } from '../../src/authority/caller.js';
import { mayAdd, mayAnswer, mayDelete, mayRead, mayReadOffer, mayRefer, readableFor } from '../../src/authority/may.js';
import { secretsOf } from '../../src/cli/password.js';
import type { Grant } from '../../src/model/grant.js';
import { Grants } from '../../src/model/grants.js';
import type { Key, SedGrpOfferKey } from '../../src/model/key.js';
import type { Obj } from '../../src/model/obj.js';
import { addCredential, addGrant, addOrganization } from '../../src/registry/access/administration.js';
import type { Result } from '../../src/sppp/result.js';
import {
  type Act,
  Dice,
  isAllowed,
  type ModelGrant,
  modelVerbs,
  nouns,
  randomGrants,
} from '../support/authority-model.js';
import { range, rangeKey, ref, sedGrp, uriKey, uriRec } from '../support/carrier.js';
import { DigestClient } from '../support/digest-client.js';
import {
  addRequest,
  destGrp,
  getRequest,
  numberKey,
  obj,
  objKey,
  type ReadDetail,
  readAnswer,
  textAt,
} from '../support/message.js';
import {
  as,
  batchRequest,
  egrRte,
  getOffersRequest,
  ingress,
  offer,
  offerKey,
  offerObjKey,
  sketchInside,
  sketchOf,
} from '../support/peering.js';
import { validateMessage } from '../support/schema.js';
import { startServer, type TestServer } from '../support/server.js';

const checks = Number(process.env.SPPP_TEST_CHECKS ?? 1_000_000);
const checksOverHttp = Number(process.env.SPPP_TEST_CHECKS_HTTP ?? 8_000);
/** Of those over HTTP; the others are writes. */
const questions = checksOverHttp / 4;
const seed = Number(process.env.SPPP_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));
/** Drawn for one request, without the queries. */
const ACTS = 60;
const orgs = ['iana-en:1', 'iana-en:2', 'iana-en:3', 'iana-en:4'];
const registrars = ['iana-en:1', 'iana-en:11', 'iana-en:12', 'iana-en:13'];

function callerOf(registrar: string, grants: readonly ModelGrant[]): Caller {
  const own = grants.filter((grant) => grant.registrar === registrar);
  const list = own.map(({ org, nouns: n, verbs, spans }): Grant => {
    const narrowing = { nouns: n, verbs, spans } as Pick<Grant, 'nouns' | 'verbs' | 'spans'>;
    return { registrant: org, registrantId: orgs.indexOf(org) + 1, ...narrowing };
  });
  return { credentialId: 1, registrarId: 1, registrar, grants: new Grants(list) };
}

function randomAct(dice: Dice): Act {
  const verb = dice.one(modelVerbs);
  const noun = verb === 'accept' || verb === 'reject' ? 'SedGrpOffer' : dice.one(nouns);
  return {
    ...{ registrar: dice.one(registrars), verb, noun, rant: dice.one(orgs) },
    number: noun === 'PubId' ? randomNumber(dice) : undefined,
    offeredTo: noun === 'SedGrpOffer' ? dice.one(orgs) : undefined,
    peers: dice.below(2) === 0 ? [] : dice.some(orgs),
  };
}

/** The objects that the object of an act names: SED records of any registrant, SED groups of its own. */
function withNames(dice: Dice, act: Act): Act {
  const isNumber = act.noun === 'PubId' && /^[0-9]+$/.test(act.number ?? '');
  if (act.verb !== 'add' || dice.below(2) === 0) return act;
  if (act.noun === 'SedGrp' || isNumber) return { ...act, names: { noun: 'SedRec', rant: dice.one(orgs) } };
  const isOfGroup = act.noun === 'SedGrpOffer' || act.noun === 'EgrRte';
  return isOfGroup ? { ...act, names: { noun: 'SedGrp', rant: act.rant } } : act;
}

function randomNumber(dice: Dice): string {
  const [a = '', z = ''] = [dice.digits(), dice.digits()].sort();
  return dice.one([a, a, `${a}*`, `${a}-${z}`, 'sip:a@example.com']);
}

/** The object of an act, as the server has it once it was read. */
function objOf({ registrar: rar, noun, rant, number = '', offeredTo = '' }: Act): Obj {
  const basic = { rant, rar, dgName: [] };
  switch (noun) {
    case 'DestGrp':
      return { kind: 'DestGrpType', rant, rar, dgName: 'GRP' };
    case 'SedRec':
      return {
        kind: 'NSType',
        rant,
        rar,
        sedName: 'REC',
        isInSvc: true,
        hostName: 'a.example',
        ipAddr: [],
      } as unknown as Obj;
    case 'SedGrp':
      return {
        kind: 'SedGrpType',
        ...basic,
        sedGrpName: 'GRP',
        sedRecRef: [],
        peeringOrg: [],
        sourceIdent: [],
        isInSvc: true,
        priority: 1,
      };
    case 'EgrRte':
      return {
        kind: 'EgrRteType',
        rant,
        rar,
        egrRteName: 'RTE',
        pref: 1,
        regxRewriteRule: { ere: '', repl: '' },
        ingrSedGrp: [],
      };
    case 'SedGrpOffer':
      return {
        kind: 'SedGrpOfferType',
        rant,
        rar,
        sedGrpOfferKey: offerKeyOf(rant, offeredTo),
        status: 'offered',
        offerDateTime: '',
      };
    case 'PubId': {
      const [startRange = '', endRange = ''] = number.split('-');
      if (number.startsWith('sip')) return { kind: 'URIPubIdType', ...basic, uri: number };
      if (number.endsWith('*')) return { kind: 'TNPType', ...basic, tnPrefix: number.slice(0, -1) };
      if (endRange !== '') return { kind: 'TNRType', ...basic, range: { startRange, endRange } };
      return { kind: 'TNType', ...basic, tn: number, sedRecRef: [] };
    }
  }
}

function offerKeyOf(rant: string, offeredTo: string): SedGrpOfferKey {
  return {
    kind: 'SedGrpOfferKeyType',
    sedGrpKey: { kind: 'ObjKeyType', rant, name: 'GRP', type: 'SedGrp' },
    offeredTo,
  };
}

function keyOf({ noun, rant, number = '', offeredTo = '' }: Act): Key {
  if (noun === 'SedGrpOffer') return offerKeyOf(rant, offeredTo);
  if (noun !== 'PubId') return { kind: 'ObjKeyType', rant, name: 'GRP', type: noun };
  const [startRange = '', endRange = ''] = number.split('-');
  if (number.startsWith('sip')) return { kind: 'PubIdKeyType', rant, uri: number };
  if (endRange !== '') return { kind: 'PubIdKeyType', rant, range: { startRange, endRange } };
  const type = number.endsWith('*') ? 'TNPrefix' : 'TN';
  return { kind: 'PubIdKeyType', rant, number: { value: number.replace('*', ''), type } };
}

/** A key has an xsi:type only if it needs one. */
const untyped = (sketched: string) => sketched.replace(/^it:SedGrpOfferKeyType/, 'it');

/** The server's result for an act; undefined if it is allowed. */
function refusal(act: Act, caller: Caller): Result | undefined {
  const { verb, noun, rant, offeredTo = '', peers = [], names } = act;
  switch (verb) {
    case 'add':
      return mayAdd(caller, objOf(act)) ?? (names && mayRefer(caller, names.noun, names.rant));
    case 'delete':
      return mayDelete(caller, keyOf(act));
    case 'accept':
    case 'reject':
      return mayAnswer(caller, verb, offerKeyOf(rant, offeredTo));
    case 'get': {
      if (noun === 'SedGrpOffer') return mayReadOffer(caller, offerKeyOf(rant, offeredTo));
      const shown = readableFor(caller, noun, 'recipient', 'accepted');
      return peers.some((peer) => shown.includes(orgs.indexOf(peer) + 1)) ? undefined : mayRead(caller, noun, rant);
    }
  }
}

it(`${checks} random acts under random grants are judged as a naive reader of the grants would`, () => {
  const dice = new Dice(seed);
  let allowed = 0;
  for (let round = 0; round < checks / 500; round++) {
    const grants = randomGrants(dice, registrars, orgs, 12);
    const callers = new Map(registrars.map((registrar) => [registrar, callerOf(registrar, grants)]));
    for (let each = 0; each < 500; each++) {
      const act = withNames(dice, randomAct(dice));
      const refused = refusal(act, callers.get(act.registrar) as Caller);
      const may = isAllowed(act, grants);
      if (may !== (refused === undefined) || (refused !== undefined && refused.code !== 2103)) {
        expect.fail(`seed ${seed}: ${JSON.stringify({ act, may, refused, grants })}`);
      }
      if (may) allowed += 1;
    }
  }
  // Acts that are all refused, or all allowed, would prove little.
  expect(allowed).toBeGreaterThan(checks * 0.2);
  expect(allowed).toBeLessThan(checks * 0.8);
}, 600_000);

describe('over HTTP', () => {
  let server: TestServer;
  let grants: ModelGrant[];
  const clients = new Map<string, DigestClient>();
  const dice = new Dice(seed);

  beforeAll(async () => {
    server = await startServer();
    const { prisma } = server.deps.database;
    for (const org of new Set([...orgs, ...registrars, 'iana-en:0'])) await addOrganization(prisma, org, '');
    for (const registrar of [...registrars, 'iana-en:0']) {
      await addCredential(prisma, {
        registrar,
        username: registrar.replace(':', '.'),
        label: '',
        ...secretsOf(registrar.replace(':', '.'), 'secret'),
      });
      clients.set(registrar, new DigestClient({ username: registrar.replace(':', '.'), password: 'secret' }));
    }
    // A registrar with all grants adds the objects that the others try to reach.
    for (const org of orgs) await addGrant(prisma, 'iana-en:0', org);
    grants = randomGrants(dice, registrars, orgs, 14);
    for (const { registrar, org, ...narrowing } of grants) {
      await addGrant(prisma, registrar, org, narrowing as Partial<Pick<Grant, 'nouns' | 'verbs' | 'spans'>>);
    }
  });
  afterAll(() => server.close());

  async function send(registrar: string, xml: string) {
    const sent = { method: 'POST', headers: { 'content-type': 'text/xml' }, body: xml };
    const { status, text } = await (clients.get(registrar) as DigestClient).send(`${server.url}/sppp/partial`, sent);
    expect(status).toBe(200);
    expect(validateMessage(text)).toEqual([]);
    return readAnswer(text);
  }

  /** The objects that a valid object names: an offer needs a group. */
  function named(act: Act): Act {
    const own = { noun: 'SedGrp', rant: act.rant } as const;
    return act.noun === 'SedGrpOffer' ? { ...act, names: own } : withNames(dice, act);
  }

  /** The same few objects for everybody. */
  function xmlOf(act: Act): string {
    const { registrar: rar, noun, rant, number = '', offeredTo = '', names } = act;
    const owner = { rant, rar };
    switch (noun) {
      case 'DestGrp':
        return destGrp('GROUP', owner);
      case 'SedRec':
        return obj('URIType', uriRec('RECORD'), owner);
      case 'SedGrp':
        return obj('SedGrpType', sedGrp('GROUP', names === undefined ? '' : ref('RECORD', 1, names.rant)), owner);
      case 'SedGrpOffer':
        return offer('GROUP', offeredTo, owner);
      case 'EgrRte':
        return egrRte('ROUTE', names === undefined ? '' : ingress('GROUP', names.rant), owner);
      case 'PubId': {
        if (number.startsWith('sip')) return obj('URIPubIdType', `<b:uri>${number}</b:uri>`, owner);
        if (number.endsWith('*')) return obj('TNPType', `<b:tnPrefix>${number.slice(0, -1)}</b:tnPrefix>`, owner);
        const [start = '', end] = number.split('-');
        if (end !== undefined) return obj('TNRType', range(start, end), owner);
        return obj('TNType', `<b:tn>${number}</b:tn>${names === undefined ? '' : ref('RECORD', 1, names.rant)}`, owner);
      }
    }
  }

  function xmlKeyOf({ noun, rant, number = '', offeredTo = '' }: Act): string {
    if (noun === 'SedGrpOffer') return offerObjKey('GROUP', offeredTo, rant);
    if (noun !== 'PubId')
      return objKey(noun, noun === 'SedRec' ? 'RECORD' : noun === 'EgrRte' ? 'ROUTE' : 'GROUP', rant);
    if (number.startsWith('sip')) return uriKey(number, rant);
    const [start = '', end] = number.split('-');
    if (end !== undefined) return rangeKey(start, end, rant);
    return numberKey(number.endsWith('*') ? 'TNPrefix' : 'TN', number.replace('*', ''), rant);
  }

  function elementOf(act: Act): string {
    const { verb, rant, offeredTo = '' } = act;
    if (verb === 'add') return as('addObj', xmlOf(act));
    if (verb === 'delete') return as('delObj', xmlKeyOf(act));
    return as(verb === 'accept' ? 'acceptSedGrpOffer' : 'rejectSedGrpOffer', offerKey('GROUP', offeredTo, rant));
  }

  function isAbout({ element, subject }: ReadDetail, act: Act): boolean {
    const verb = act.verb === 'delete' ? 'del' : act.verb;
    return element === `${verb}Result` && untyped(sketchInside(subject)) === untyped(sketchOf(elementOf(act)));
  }

  const namedBy: Partial<Record<Act['noun'], (rant: string) => Act['names']>> = {
    SedGrp: (rant) => ({ noun: 'SedRec', rant }),
  };

  /** Restores the objects. */
  async function lay(): Promise<void> {
    const all = orgs.flatMap((rant) => [
      ...(['DestGrp', 'SedRec', 'SedGrp', 'EgrRte'] as const).map((noun) =>
        xmlOf({ registrar: 'iana-en:0', verb: 'add', noun, rant, names: namedBy[noun]?.(rant) }),
      ),
      ...orgs
        .filter((org) => org !== rant)
        .map((offeredTo) => xmlOf({ registrar: 'iana-en:0', verb: 'add', noun: 'SedGrpOffer', rant, offeredTo })),
    ]);
    expect((await send('iana-en:0', addRequest(...all))).code).toBe(1000);
  }

  const acceptedBy = async (rant: string): Promise<string[]> =>
    (
      await server.sql<{ peer: string }>(
        `SELECT offered_to AS peer FROM sppp_api.sed_group_offer WHERE registrant = $1 AND status = 'accepted'`,
        [rant],
      )
    ).map(({ peer }) => peer);

  /** The effect of a request: rows that it added or changed for its own registrar, and rows that it deleted. */
  async function traces(serverTransId: string) {
    return server.sql<{
      what: string;
      noun: (typeof nouns)[number];
      rant: string;
      number: string | null;
      to: string | null;
    }>(
      `WITH mine AS (SELECT * FROM sppp.transaction WHERE server_trans_id = $1), written AS (
         SELECT 'DestGrp' AS noun, rant_id, rar_id, transaction_id, NULL::text AS number, NULL::int AS peer FROM sppp.destination_group
         UNION ALL SELECT 'SedRec', rant_id, rar_id, transaction_id, NULL, NULL FROM sppp.sed_record
         UNION ALL SELECT 'SedGrp', rant_id, rar_id, transaction_id, NULL, NULL FROM sppp.sed_group
         UNION ALL SELECT 'EgrRte', rant_id, rar_id, transaction_id, NULL, NULL FROM sppp.egress_route
         UNION ALL SELECT 'PubId', rant_id, rar_id, transaction_id, value || CASE kind WHEN 'TNPrefix' THEN '*' ELSE '' END, NULL
                     FROM sppp.public_identifier
         UNION ALL SELECT 'SedGrpOffer', g.rant_id, f.rar_id, f.transaction_id, NULL, f.offered_to_id
                     FROM sppp.sed_group_offer f JOIN sppp.sed_group g ON g.id = f.sed_group_id)
       SELECT 'written' AS what, w.noun, o.org_id AS rant, w.number, p.org_id AS to
         FROM written w JOIN mine m ON m.id = w.transaction_id
         JOIN sppp.organization o ON o.id = w.rant_id LEFT JOIN sppp.organization p ON p.id = w.peer
        WHERE coalesce(w.rar_id, m.registrar_id) = m.registrar_id OR w.noun = 'SedGrpOffer'
       UNION ALL
       SELECT 'deleted', d.noun::text, o.org_id,
              regexp_replace(d.key, '^(\\w+) (\\S*)$', CASE WHEN d.key LIKE 'TNPrefix %' THEN '\\2*' ELSE '\\2' END),
              substring(d.key FROM ' to (.*)$')
         FROM sppp.deletion d JOIN mine m ON m.id = d.transaction_id JOIN sppp.organization o ON o.id = d.rant_id`,
      [serverTransId],
    );
  }

  it('random batches write nothing outside the grants, and get 2103 for exactly the objects outside', async () => {
    const seen = new Map<string, number>();
    for (let done = 0, round = 0; done < checksOverHttp - questions; round++) {
      if (round % 10 === 0) await lay();
      const registrar = dice.one(registrars);
      const acts = Array.from({ length: ACTS }, () => named({ ...randomAct(dice), registrar })).filter(
        ({ verb }) => verb !== 'get',
      );
      done += acts.length;
      const { details, serverTransId = '' } = await send(registrar, batchRequest(...acts.map(elementOf)));
      // Details are in request order, for the failed items; the act of each must explain it.
      let next = 0;
      for (const act of acts) {
        const allowed = isAllowed(act, grants);
        const detail = details[next];
        const failed = detail !== undefined && isAbout(detail, act);
        if (!allowed) {
          expect([failed, detail?.code], `seed ${seed}: ${JSON.stringify({ act, told: detail })}`).toEqual([
            true,
            2103,
          ]);
        }
        if (failed) next += 1;
        const key = `${act.verb} ${allowed ? (failed ? 'failed' : 'done') : 'refused'}`;
        seen.set(key, (seen.get(key) ?? 0) + 1);
      }
      expect(next).toBe(details.length);
      for (const { what, noun, rant, number, to } of await traces(serverTransId)) {
        const verbs = what === 'deleted' ? (['delete', 'reject'] as const) : (['add', 'accept'] as const);
        const may = verbs.some((verb) =>
          isAllowed({ registrar, verb, noun, rant, number: number ?? undefined, offeredTo: to ?? undefined }, grants),
        );
        expect(may, `seed ${seed}: ${registrar} ${what} ${noun} ${number ?? to ?? ''} of ${rant}`).toBe(true);
      }
    }
    for (const verb of ['add', 'delete', 'accept', 'reject']) {
      expect(seen.get(`${verb} refused`) ?? 0, verb).toBeGreaterThan(0);
    }
    expect(seen.get('add done')).toBeGreaterThan(0);
    expect(seen.get('delete done')).toBeGreaterThan(0);
  }, 900_000);

  it('random queries get nothing outside the grants', async () => {
    let [answered, refused] = [0, 0];
    for (let round = 0; round < questions; round++) {
      if (round % 50 === 0) await lay();
      const act: Act = { ...randomAct(dice), verb: 'get' };
      const peers = await acceptedBy(act.rant);
      const withPeers = { ...act, peers };
      const { code, resultObjs } = await send(act.registrar, getRequest(xmlKeyOf(act)));
      const allowed = isAllowed(withPeers, grants);
      const shared =
        (act.noun === 'SedGrp' || act.noun === 'SedRec') && !isAllowed({ ...withPeers, peers: [] }, grants);
      // A shared object may be deleted; then it is not shared.
      if (!allowed) expect(code, `seed ${seed}: ${JSON.stringify(withPeers)}`).toBe(2103);
      else if (!shared) expect(code, `seed ${seed}: ${JSON.stringify(withPeers)}`).toBe(1000);
      for (const found of resultObjs) expect(textAt(found, 'rant')).toBe(act.rant);
      if (resultObjs.length > 0) answered += 1;
      if (code === 2103) refused += 1;
    }
    expect(Math.min(answered, refused)).toBeGreaterThan(10);
    for (const registrar of registrars) {
      const { resultObjs } = await send(registrar, getOffersRequest());
      for (const found of resultObjs) {
        const offeredTo = textAt(found, 'sedGrpOfferKey', 'offeredTo');
        const act = {
          registrar,
          verb: 'get',
          noun: 'SedGrpOffer',
          rant: textAt(found, 'rant') ?? '',
          offeredTo,
        } as const;
        expect(isAllowed(act, grants), JSON.stringify(act)).toBe(true);
      }
    }
  }, 900_000);
});
