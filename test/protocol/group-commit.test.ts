import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  addRequest,
  delRequest,
  destGrp,
  getRequest,
  numberKey,
  type ReadAnswer,
  readAnswer,
  tn,
} from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

/** Requests of one number each, sent side by side: some share a run and a commit, and none must notice. */

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
  await server.post(addRequest(destGrp('ONE'), destGrp('TWO')));
});
afterAll(() => server.close());

const numbers = Array.from({ length: 6 }, (_, index) => `1202555000${index}`);
let seed = 1;
const random = (below: number) => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed % below;
};

type Deed = { readonly number: string; readonly verb: 'add' | 'delete' | 'add to nothing' | 'add nonsense' };
type Done = Deed & { readonly answer: ReadAnswer };

async function carryOut(deed: Deed): Promise<Done> {
  const { number, verb } = deed;
  const message = {
    add: () => addRequest(tn(number, [random(2) === 0 ? 'ONE' : 'TWO'])),
    delete: () => delRequest(numberKey('TN', number)),
    'add to nothing': () => addRequest(tn(number, ['THREE'])),
    'add nonsense': () => addRequest(tn(`${number}x`, ['ONE'])),
  }[verb]();
  return { ...deed, answer: readAnswer((await server.post(message)).text) };
}

async function isThere(number: string): Promise<boolean> {
  return readAnswer((await server.post(getRequest(numberKey('TN', number)))).text).resultObjs.length > 0;
}

const verbs = ['add', 'add', 'add', 'delete', 'delete', 'add to nothing', 'add nonsense'] as const;

it('some order of the requests about each number explains their answers and the stored rows', async () => {
  for (let round = 0; round < 12; round++) {
    const before = await Promise.all(numbers.map(isThere));
    const deeds = Array.from({ length: 60 }, (): Deed => {
      return { number: numbers[random(numbers.length)] ?? '', verb: verbs[random(verbs.length)] ?? 'add' };
    });
    const done = await Promise.all(deeds.map(carryOut));
    for (const [index, number] of numbers.entries()) {
      const own = done.filter((each) => each.number === number);
      const count = (verb: Deed['verb'], code: number) =>
        own.filter((each) => each.verb === verb && (each.answer.details[0]?.code ?? each.answer.code) === code).length;
      const had = before[index] ? 1 : 0;
      const has = await isThere(number);
      const [added, deleted, missed] = [count('add', 1000), count('delete', 1000), count('delete', 2102)];
      expect(added).toBe(own.filter(({ verb }) => verb === 'add').length);
      expect(deleted + missed).toBe(own.filter(({ verb }) => verb === 'delete').length);
      expect(count('add to nothing', 2102)).toBe(own.filter(({ verb }) => verb === 'add to nothing').length);
      expect(count('add nonsense', 2101)).toBe(own.filter(({ verb }) => verb === 'add nonsense').length);
      // Each deletion needs an addition of its own before it, and a miss a moment without the number.
      expect(deleted).toBeLessThanOrEqual(had + added - (has ? 1 : 0));
      if (!has) expect(deleted > 0 || had + added === 0).toBe(true);
      if (missed > 0) expect(had === 0 || deleted > 0).toBe(true);
      const writers = await server.sql<{ last_written_by: string }>(
        'SELECT last_written_by FROM sppp_api.public_identifier WHERE value = $1',
        [number],
      );
      const adders = own.filter(({ verb }) => verb === 'add').map(({ answer }) => answer.serverTransId);
      if (adders.length > 0 && has && deleted > 0) expect(adders).toContain(writers[0]?.last_written_by);
    }
    for (const { answer } of done) {
      const [row] = await server.sql('SELECT code, objects, failed FROM sppp.transaction WHERE server_trans_id = $1', [
        answer.serverTransId,
      ]);
      expect(row).toEqual({ code: answer.code, objects: 1, failed: answer.code === 1000 ? 0 : 1 });
    }
  }
});

it('requests that wait together share commits', async () => {
  const deeds = Array.from({ length: 80 }, (_, index): Deed => ({ number: `1303555${1000 + index}`, verb: 'add' }));
  const done = await Promise.all(deeds.map(carryOut));
  const ids = done.map(({ answer }) => answer.serverTransId);
  const [row] = await server.sql<{ commits: string }>(
    'SELECT count(DISTINCT xmin::text) AS commits FROM sppp.transaction WHERE server_trans_id = ANY ($1)',
    [ids],
  );
  expect(new Set(ids).size).toBe(80);
  expect(Number(row?.commits)).toBeLessThan(80);
});

it('a fault in the database affects only its own request', async () => {
  await server.sql(`CREATE FUNCTION sppp.fail() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN IF NEW.value = '14045550007' THEN RAISE 'no such luck'; END IF; RETURN NEW; END $$`);
  await server.sql(
    'CREATE TRIGGER fail BEFORE INSERT ON sppp.public_identifier FOR EACH ROW EXECUTE FUNCTION sppp.fail()',
  );
  const deeds = Array.from({ length: 40 }, (_, index): Deed => {
    return { number: `140455500${String(index).padStart(2, '0')}`, verb: 'add' };
  });
  const done = await Promise.all(deeds.map(carryOut));
  for (const { number, answer } of done) {
    expect(answer.code).toBe(number === '14045550007' ? 2301 : 1000);
    expect(await isThere(number)).toBe(answer.code === 1000);
  }
  await server.sql('DROP FUNCTION sppp.fail CASCADE');
});
