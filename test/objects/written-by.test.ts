/**
 * The time and the last writer of identifiers, if only the journal row has them: many in a request, so that
 * they are loaded together. Both stay when the identifier gets another journal row.
 */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { addGrant } from '../../src/registry/access/administration.js';
import { decideClaim } from '../../src/registry/cor/decisions.js';
import { b, type Carrier, carrier, expectDone, ref, TestClock, uriRec } from '../support/carrier.js';
import { anyWidth, claim } from '../support/claims.js';
import { destGrp, numberKey, obj, objKey, textAt, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const COUNT = 40;
const clock = new TestClock();
let server: TestServer;
/** Two registrars that may both act for SSP2. */
let one: Carrier;
let other: Carrier;
const byOne = { rant: 'iana-en:222', rar: 'iana-en:223' };
const byOther = { rant: 'iana-en:222', rar: 'iana-en:225' };

beforeAll(async () => {
  server = await startServer({ clock: clock.read, settings: anyWidth });
  await addGrant(server.deps.database.prisma, 'iana-en:225', 'iana-en:222');
  one = carrier(server);
  other = carrier(server, 'ssp3');
});
afterAll(() => server.close());

const numbers = (start: string) => Array.from({ length: COUNT }, (_, n) => `+${start}${String(n).padStart(3, '0')}`);

/** The current time of the clock. */
const text = (time: Date | null | undefined) => time?.toISOString().replace('.000Z', 'Z') ?? null;

/** The view's row of the numbers, which is the same for all. */
async function told(start: string) {
  const rows = await server.sql<{ registrar: string; c_date: Date; m_date: Date | null; writer: string; n: number }>(
    `SELECT p.registrar, p.c_date, p.m_date, t.registrar AS writer, count(*)::int AS n
       FROM sppp_api.public_identifier p JOIN sppp_api.transaction t ON t.server_trans_id = p.last_written_by
      WHERE p.value LIKE $1 || '%' GROUP BY 1, 2, 3, 4`,
    [start],
  );
  expect(rows).toHaveLength(1);
  const [row] = rows;
  expect(row?.n).toBe(COUNT);
  const { registrar, writer } = row as (typeof rows)[number];
  return { registrar, writer, c_date: text(row?.c_date), m_date: text(row?.m_date) };
}

/** One of them as its owner reads it. */
async function read(start: string) {
  const number = await one.read(numberKey('TN', `${start}007`));
  return { rar: textAt(number, 'rar'), cDate: textAt(number, 'cDate'), mDate: textAt(number, 'mDate') };
}

const kept = (start: string) =>
  server.sql(`SELECT DISTINCT c_date, rar_id, spelling FROM sppp.public_identifier WHERE value LIKE $1 || '%'`, [
    start,
  ]);

it('numbers of one request have no time and no registrar of their own, and are read with both', async () => {
  const at = clock.tick();
  expectDone(await one.add(destGrp('DG_A', byOne), ...numbers('1201555').map((number) => tn(number, ['DG_A'], byOne))));
  clock.tick();
  expect(await kept('1201555')).toEqual([{ c_date: null, rar_id: null, spelling: '+' }]);
  expect(await told('1201555')).toEqual({ registrar: byOne.rar, writer: byOne.rar, c_date: at, m_date: null });
  expect(await read('1201555')).toEqual({ rar: byOne.rar, cDate: at, mDate: undefined });
});

it('replaced ones keep their time, and have the registrar that replaced them', async () => {
  const at = clock.tick();
  expectDone(await one.add(destGrp('DG_B', byOne), ...numbers('1202555').map((number) => tn(number, ['DG_B'], byOne))));
  const again = clock.tick();
  expectDone(await other.add(...numbers('1202555').map((number) => tn(number, ['DG_B'], byOther))));
  const expected = { registrar: byOther.rar, writer: byOther.rar, c_date: at, m_date: again };
  expect(await told('1202555')).toEqual(expected);
  expect(await read('1202555')).toEqual({ rar: byOther.rar, cDate: at, mDate: again });
});

it('ones that lose their destination group to another registrar keep time and registrar', async () => {
  const at = clock.tick();
  expectDone(await one.add(destGrp('DG_C', byOne), ...numbers('1203555').map((number) => tn(number, ['DG_C'], byOne))));
  const gone = clock.tick();
  expectDone(await other.del(objKey('DestGrp', 'DG_C')));
  expect(await told('1203555')).toEqual({ registrar: byOne.rar, writer: byOther.rar, c_date: at, m_date: gone });
  expect(await read('1203555')).toEqual({ rar: byOne.rar, cDate: at, mDate: gone });
});

it('ones that lose their SED record to another registrar keep time and registrar', async () => {
  const at = clock.tick();
  const withRecord = (number: string) => obj('TNType', b('tn', number) + ref('REC_D', 1), byOne);
  expectDone(await one.add(obj('URIType', uriRec('REC_D')), ...numbers('1204555').map(withRecord)));
  const gone = clock.tick();
  expectDone(await other.del(objKey('SedRec', 'REC_D')));
  expect(await told('1204555')).toEqual({ registrar: byOne.rar, writer: byOther.rar, c_date: at, m_date: gone });
});

it('one that loses its claim to another carrier keeps time and registrar', async () => {
  const at = clock.tick();
  const claiming = (number: string) => obj('TNType', b('tn', number) + claim, byOne);
  expect((await one.add(...numbers('1205555').map(claiming))).code).toBe(1000);
  clock.tick();
  const rival = { rant: 'iana-en:225', rar: 'iana-en:225' };
  expect((await other.add(obj('TNType', b('tn', '+1205555007') + claim, rival))).code).toBe(1000);
  const { pool } = server.deps.database;
  await decideClaim(pool, { type: 'TN', value: '1205555007' }, rival.rant, true, clock.read());
  const fallen = await server.sql(
    `SELECT p.registrar, p.c_date, p.m_date, p.cor, t.registrar AS writer
       FROM sppp_api.public_identifier p JOIN sppp_api.transaction t ON t.server_trans_id = p.last_written_by
      WHERE p.value = '1205555007' AND p.registrant = 'iana-en:222'`,
  );
  expect(fallen).toEqual([{ registrar: byOne.rar, writer: rival.rar, c_date: new Date(at), m_date: null, cor: false }]);
});

it('a destination group that is added again takes no id', async () => {
  const last = () => server.sql('SELECT last_value FROM sppp.destination_group_id_seq');
  expectDone(await one.add(destGrp('DG_F', byOne)));
  const before = await last();
  for (let time = 0; time < 3; time++) expectDone(await one.add(destGrp('dg_f', byOne)));
  expect(await last()).toEqual(before);
});
