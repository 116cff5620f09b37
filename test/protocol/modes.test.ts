/**
 * The three processing modes: /sppp stops at the first failure and undoes everything (RFC 7878 §7.2), /sppp/partial
 * keeps the valid objects, /sppp/validate answers as partial would and stores nothing.
 */

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { expectDone, expectRefused, expectTold, sedGrp, TestClock } from '../support/carrier.js';
import {
  destGrp,
  type Element,
  envelope,
  numberKey,
  obj,
  objKey,
  parse,
  type ReadAnswer,
  tn,
} from '../support/message.js';
import { as, type ModePath, offer, offerKey, type Party, party, sketchInside, sketchOf } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';

const [ssp1, ssp2, ssp4] = ['iana-en:111', 'iana-en:222', 'iana-en:226'] as const;
const clock = new TestClock();
let server: TestServer;
let atomic: Party;
let partial: Party;
let validate: Party;
let name: string;
let names = 0;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  atomic = party(server, 'ssp2r');
  partial = party(server, 'ssp2r', '/sppp/partial');
  validate = party(server, 'ssp2r', '/sppp/validate');
});
afterAll(() => server.close());
beforeEach(() => {
  name = `NAME_${++names}`;
});

const applied = (good: number, of: number) => `Command invalid (partial success, ${good} of ${of} applied)`;
const exists = async (...keys: string[]) => (await atomic.get(...keys)).resultObjs.length;
const claim = (number: string, owner = {}) =>
  obj('TNType', `<b:tn>${number}</b:tn><b:corInfo><b:corClaim>true</b:corClaim></b:corInfo>`, owner);

function expectPartial(answer: ReadAnswer, good: number, of: number, failures: number): void {
  expect({ code: answer.code, msg: answer.msg }).toEqual({ code: 2100, msg: applied(good, of) });
  expect(answer.details.filter(({ code }) => code !== 1000)).toHaveLength(failures);
}

describe('the modes', () => {
  it('are announced by the server, one URI each, at each of its addresses', async () => {
    for (const path of ['/sppp', '/sppp/partial', '/sppp/validate'] as const) {
      const { text } = await server.post(envelope('<s:spppServerStatusRequest/>'), { path });
      const uris: string[] = [];
      const visit = (element: Element): void => {
        if (element.name === 'extURI') uris.push(element.text);
        element.children.forEach(visit);
      };
      visit(parse(text));
      expect(uris.slice(0, 2)).toEqual([expect.stringMatching(/partial$/), expect.stringMatching(/validate$/)]);
      expect(uris.slice(2)).toEqual(['urn:sppp-server:detail:1']); // The failure element for programs.
    }
  });

  it.each<ModePath>(['/sppp', '/sppp/partial', '/sppp/validate'])(
    'have a WSDL each, which names no other address than its own: %s',
    async (path) => {
      const wsdl = await (await fetch(`${server.url}${path}?wsdl`)).text();
      const addresses = [...wsdl.matchAll(/<[\w:]*address location="([^"]*)"/g)].map(([, address]) => address);
      expect(new Set(addresses)).toEqual(new Set([server.url + path]));
    },
  );

  it.each<ModePath>(['/sppp', '/sppp/partial', '/sppp/validate'])('answer queries the same way: %s', async (path) => {
    expectDone(await atomic.add(destGrp(name)));
    expect((await party(server, 'ssp2r', path).get(objKey('DestGrp', name))).resultObjs).toHaveLength(1);
  });
});

describe('an atomic request', () => {
  it('stops at the first failure in the order of the request, even if others follow', async () => {
    const answer = await atomic.add(destGrp(name), tn('12025550100', ['NO_GROUP']), destGrp('ab'));
    expectRefused(answer, 2102, 'dgName', 'NO_GROUP');
    expect(await exists(objKey('DestGrp', name))).toBe(0);
  });

  it('lists no won claim when it fails', async () => {
    expectRefused(await atomic.add(claim('12025550101'), tn('12025550102', ['NO_GROUP'])), 2102, 'dgName', 'NO_GROUP');
    expect(await exists(numberKey('TN', '12025550101'))).toBe(0);
  });
});

describe('a partial request', () => {
  it('gets 1000 when all objects are valid', async () => {
    expectDone(await partial.add(destGrp(name), tn('12025550103', [name])));
    expect(await exists(objKey('DestGrp', name), numberKey('TN', '12025550103'))).toBe(2);
  });

  it('keeps the valid objects and states their number, in exactly these words', async () => {
    const answer = await partial.add(destGrp(name), destGrp('ab'), destGrp(`${name}_MORE`));
    expect(answer.msg).toBe('Command invalid (partial success, 2 of 3 applied)');
    expectPartial(answer, 2, 3, 1);
    expect(await exists(objKey('DestGrp', name), objKey('DestGrp', `${name}_MORE`))).toBe(2);
  });

  it('says 0 applied when no object is valid', async () => {
    expectPartial(await partial.add(destGrp('ab'), destGrp('cd')), 0, 2, 2);
  });

  it('has a detail for each failure, in the order of the request, with the object as sent', async () => {
    const sent = [
      tn('+12025550104', ['NO_GROUP', name]),
      destGrp(name),
      destGrp(name, { rar: ssp1 }),
      destGrp(name, { rant: ssp4 }),
      obj('SedGrpType', sedGrp(name)),
      offer(name, 'iana-en:999', { status: 'accepted', note: 'kept' }),
    ];
    const answer = await partial.add(...sent);
    expectPartial(answer, 2, 6, 4);
    expectTold(answer.details[0], 2102, 'dgName', 'NO_GROUP');
    expectTold(answer.details[1], 2103, 'rar', ssp1);
    expectTold(answer.details[2], 2103, 'rant', ssp4);
    expectTold(answer.details[3], 2102, 'offeredTo', 'iana-en:999');
    const failed = [0, 2, 3, 5].map((index) => sketchOf(sent[index] ?? ''));
    expect(answer.details.map(({ subject }) => sketchInside(subject))).toEqual(failed);
  });

  it('lets later objects use earlier ones, and fails those that need a failed one', async () => {
    const answer = await partial.add(
      destGrp(name),
      tn('12025550105', [name]),
      destGrp(`${name}_BAD`, { rar: ssp1 }),
      tn('12025550106', [`${name}_BAD`]),
    );
    expectPartial(answer, 2, 4, 2);
    expectTold(answer.details[1], 2102, 'dgName', `${name}_BAD`);
    expect(await exists(numberKey('TN', '12025550105'), numberKey('TN', '12025550106'))).toBe(1);
  });

  it('leaves an object unchanged when its replacement fails', async () => {
    expectDone(await atomic.add(destGrp(name), tn('12025550107', [name])));
    const before = await atomic.read(numberKey('TN', '12025550107'));
    clock.tick();
    expectPartial(await partial.add(tn('12025550107'), tn('12025550107', ['NO_GROUP'])), 1, 2, 1);
    const after = await atomic.read(numberKey('TN', '12025550107'));
    expect(after).not.toEqual(before);
    clock.tick();
    expectPartial(await partial.add(tn('12025550107', ['NO_GROUP'])), 0, 1, 1);
    expect(await atomic.read(numberKey('TN', '12025550107'))).toEqual(after);
  });

  it('lists won claims among the failures, in the order of the request', async () => {
    expectDone(await party(server, 'ssp1').add(tn('12025550108', [], { rant: ssp1, rar: ssp1 })));
    expect((await party(server, 'ssp1').add(claim('12025550108', { rant: ssp1, rar: ssp1 }))).code).toBe(1000);
    const answer = await partial.add(
      destGrp('ab'),
      claim('12025550109'),
      tn('12025550110', ['NO_GROUP']),
      claim('12025550108'),
      claim('12025550111'),
    );
    expectPartial(answer, 3, 5, 2);
    expect(answer.details.map(({ code }) => code)).toEqual([2101, 1000, 2102, 1000]);
  });

  it('deletes the objects that exist and names those that do not', async () => {
    expectDone(await atomic.add(destGrp(name)));
    const keys = [objKey('DestGrp', 'NO_GROUP'), objKey('DestGrp', name), objKey('DestGrp', name)];
    const answer = await partial.del(...keys);
    expectPartial(answer, 1, 3, 2);
    expectTold(answer.details[0], 2102, 'name', 'NO_GROUP');
    expectTold(answer.details[1], 2102, 'name', name);
    expect(await exists(objKey('DestGrp', name))).toBe(0);
  });

  it('accepts and rejects the offers within its grants', async () => {
    expectDone(await atomic.add(obj('SedGrpType', sedGrp(name)), offer(name, ssp1)));
    const peer = party(server, 'ssp1', '/sppp/partial');
    const [good, absent, foreign] = [offerKey(name, ssp1), offerKey('NO_GROUP', ssp1), offerKey(name, ssp4)];
    for (const answer of [await peer.accept(absent, good, foreign), await peer.reject(foreign, good, absent)]) {
      expectPartial(answer, 1, 3, 2);
      expect(answer.details.map(({ code }) => code).sort()).toEqual([2102, 2103]);
    }
    expect((await peer.getOffers()).resultObjs).toEqual([]);
  });

  it('lists deleted objects when a delete is repeated, and nothing when adds are', async () => {
    const items = [as('addObj', destGrp(name)), as('addObj', tn('12025550112', [name]))];
    expectDone(await partial.batch(...items));
    expectDone(await partial.batch(...items));
    const keys = [numberKey('TN', '12025550112'), objKey('DestGrp', name)];
    expectDone(await partial.del(...keys));
    expectPartial(await partial.del(...keys), 0, 2, 2);
  });

  it('is refused as a whole when its structure breaks after valid objects', async () => {
    const answer = await partial.add(destGrp(name), '<obj xsi:type="b:DestGrpType"/>');
    expect([answer.code, answer.details]).toEqual([2000, []]);
    expect(await exists(objKey('DestGrp', name))).toBe(0);
  });

  it('is refused as a whole when the database fails on one number', async () => {
    await server.sql(`CREATE FUNCTION fail_one() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN RAISE 'the disk is on fire'; END $$`);
    await server.sql(`CREATE TRIGGER fail_one BEFORE INSERT ON sppp.public_identifier
      FOR EACH ROW WHEN (NEW.value = '12025550666') EXECUTE FUNCTION fail_one()`);
    try {
      const items = [
        destGrp(name),
        tn('12025550113', [name]),
        destGrp('ab'),
        tn('12025550666'),
        destGrp(`${name}_MORE`),
      ];
      const answer = await partial.add(...items);
      expect([answer.code, answer.msg, answer.details]).toEqual([
        2301,
        'Unexpected internal system or server error',
        [],
      ]);
      const keys = [objKey('DestGrp', name), numberKey('TN', '12025550113'), objKey('DestGrp', `${name}_MORE`)];
      expect(await exists(...keys)).toBe(0);
      // The validation of the same request meets the same failure, because it carries out the request before it undoes it.
      expect((await validate.add(...items)).code).toBe(2301);
    } finally {
      await server.sql('DROP TRIGGER fail_one ON sppp.public_identifier');
    }
    expectDone(await partial.add(tn('12025550666')));
  });
});

describe('a validation', () => {
  it('answers as partial would, word for word, and stores nothing', async () => {
    expectDone(await atomic.add(destGrp(name)));
    const items = [
      as('addObj', destGrp(`${name}_NEW`)),
      as('addObj', tn('12025550114', [`${name}_NEW`])),
      as('addObj', claim('12025550115')),
      as('delObj', objKey('DestGrp', name)),
      as('delObj', objKey('DestGrp', name)),
      as('acceptSedGrpOffer', offerKey(name, ssp2)),
    ];
    const rows = 'SELECT name, m_date FROM sppp.destination_group ORDER BY id';
    const before = await server.sql(rows);
    const foretold = await validate.batch(...items);
    expect(await server.sql(rows)).toEqual(before);
    expect(await exists(numberKey('TN', '12025550114'), numberKey('TN', '12025550115'))).toBe(0);

    const partialAnswer = await partial.batch(...items);
    expectPartial(partialAnswer, 4, 6, 2);
    expect({ ...foretold, serverTransId: '' }).toEqual({ ...partialAnswer, serverTransId: '' });
  });

  it('succeeds when all objects are valid, and stores nothing', async () => {
    expectDone(await validate.add(destGrp(name), tn('12025550116', [name])));
    expectDone(await validate.add(destGrp(name), tn('12025550116', [name])));
    expect(await exists(objKey('DestGrp', name), numberKey('TN', '12025550116'))).toBe(0);
  });
});

describe('the journal', () => {
  it('has a row for each request, with its mode, its result and the number of failures', async () => {
    const answers = [
      await atomic.add(destGrp(name), destGrp('ab'), destGrp('cd')),
      await partial.add(destGrp(name), destGrp('ab'), destGrp('cd')),
      await validate.add(destGrp(name), destGrp('ab'), destGrp('cd')),
    ];
    const ids = answers.map(({ serverTransId }) => serverTransId);
    const rows = await server.sql(
      `SELECT mode, code, message, objects, failed FROM sppp_api.transaction
        WHERE server_trans_id = ANY ($1) ORDER BY server_trans_id`,
      [ids],
    );
    expect(rows).toEqual([
      { mode: 'atomic', code: 2100, message: 'Command invalid', objects: 3, failed: 1 },
      { mode: 'partial', code: 2100, message: applied(1, 3), objects: 3, failed: 2 },
      { mode: 'validate', code: 2100, message: applied(1, 3), objects: 3, failed: 2 },
    ]);
  });
});
