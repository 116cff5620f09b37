/**
 * Requests of more than one run: while the database works on one run, the server prepares the next. The result must be
 * that of one item after the other.
 */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addRequest, destGrp, numberKey, objKey, readAnswer, textAt, tn } from '../support/message.js';
import { batchRequest, type ModePath } from '../support/peering.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;

beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

/** One item, as XML and as its effect on a model of numbers and groups; the effect returns the code of the item. */
interface Step {
  readonly xml: string;
  readonly about: string;
  perform(registry: Naive): 1000 | 2102;
}

/** Groups by folded name, numbers by digits with the folded names of their groups. */
interface Naive {
  readonly groups: Map<string, string>;
  readonly numbers: Map<string, { readonly spelling: string; readonly groups: Set<string> }>;
}

const none = (): Naive => ({ groups: new Map(), numbers: new Map() });

function copyOf({ groups, numbers }: Naive): Naive {
  return {
    groups: new Map(groups),
    numbers: new Map([...numbers].map(([key, value]) => [key, { ...value, groups: new Set(value.groups) }])),
  };
}

function addGroup(name: string): Step {
  return {
    xml: destGrp(name).replaceAll('obj ', 'addObj ').replaceAll('/obj>', '/addObj>'),
    about: name,
    perform: ({ groups }) => {
      groups.set(name.toLowerCase(), name);
      return 1000;
    },
  };
}

function addNumber(spelling: string, ...names: string[]): Step {
  return {
    xml: tn(spelling, names).replaceAll('obj ', 'addObj ').replaceAll('/obj>', '/addObj>'),
    about: spelling,
    perform: ({ groups, numbers }) => {
      const keys = names.map((name) => name.toLowerCase());
      if (!keys.every((key) => groups.has(key))) return 2102;
      numbers.set(spelling.replace('+', ''), { spelling, groups: new Set(keys) });
      return 1000;
    },
  };
}

function deleteNumber(number: string): Step {
  return {
    xml: numberKey('TN', number).replaceAll('objKey', 'delObj'),
    about: number,
    perform: ({ numbers }) => (numbers.delete(number) ? 1000 : 2102),
  };
}

function deleteGroup(name: string): Step {
  return {
    xml: objKey('DestGrp', name).replaceAll('objKey', 'delObj'),
    about: name,
    perform: ({ groups, numbers }) => {
      if (!groups.delete(name.toLowerCase())) return 2102;
      for (const number of numbers.values()) number.groups.delete(name.toLowerCase());
      return 1000;
    },
  };
}

function numbers(first: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(12_025_000_000 + first + index));
}

async function post(steps: readonly Step[], path: ModePath) {
  const { text } = await server.post(batchRequest(...steps.map(({ xml }) => xml)), { path });
  const { code, details } = readAnswer(text);
  const reported = details.map((detail) => {
    const { subject } = detail;
    const about = textAt(subject, 'tn') ?? textAt(subject, 'number', 'value') ?? textAt(subject, 'name');
    return [detail.code, about ?? textAt(subject, 'dgName')];
  });
  return { code, told: reported };
}

function failures(steps: readonly Step[], registry: Naive) {
  return steps.flatMap((step) => {
    const code = step.perform(registry);
    return code === 1000 ? [] : [[code, step.about]];
  });
}

async function expectRegistry({ groups, numbers: all }: Naive): Promise<void> {
  const rows = await server.sql<{ value: string; identifier: string; destination_groups: string[] }>(
    'SELECT value, identifier, destination_groups FROM sppp_api.public_identifier ORDER BY value COLLATE "C"',
  );
  const expected = [...all].map(([value, { spelling, groups: keys }]) => ({
    value,
    identifier: spelling,
    destination_groups: [...keys].map((key) => groups.get(key)),
  }));
  expect(rows).toEqual(expected.sort((a, b) => (a.value < b.value ? -1 : 1)));
}

/** Connections that wait for a lock. */
async function waiting(): Promise<number | undefined> {
  const [row] = await server.sql<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
      WHERE wait_event_type = 'Lock' AND datname = current_database()`,
  );
  return row?.n;
}

describe('a request of several runs', () => {
  let registry = none();

  it('has the result of one item after the other, in every mode', async () => {
    const before = [addGroup('DG_ONE'), addGroup('DG_TWO'), ...numbers(5_000, 10).map((n) => addNumber(n, 'DG_ONE'))];
    expect(await post(before, '/sppp')).toEqual({ code: 1000, told: failures(before, registry) });

    const steps = [
      ...numbers(0, 4_500).map((n, index) => addNumber(`${index % 3 === 0 ? '+' : ''}${n}`, 'DG_ONE', 'dg_two')),
      // Some of these exist already, so that the run cannot be loaded as new numbers.
      ...numbers(4_500, 4_500).map((n) => addNumber(n, 'DG_TWO')),
      addNumber('12029999999', 'DG_NONE'),
      ...numbers(9_000, 40).map((n, index) => addNumber(n, index === 20 ? 'DG_NONE' : 'DG_ONE')),
      deleteGroup('DG_ONE'),
      ...numbers(9_100, 40).map((n) => addNumber(n, 'DG_ONE')),
      addGroup('DG_One'),
      ...numbers(9_200, 40).map((n) => addNumber(n, 'DG_ONE')),
      ...numbers(100, 5_000).map(deleteNumber),
      ...numbers(200, 3).map(deleteNumber),
      ...numbers(150, 40).map((n) => addNumber(n)),
    ];
    const after = copyOf(registry);
    const reported = failures(steps, after);
    expect(reported).toHaveLength(45);
    expect(await post(steps, '/sppp/validate')).toEqual({ code: 2100, told: reported });
    await expectRegistry(registry);
    expect(await post(steps, '/sppp')).toEqual({ code: 2100, told: reported.slice(0, 1) });
    await expectRegistry(registry);
    expect(await post(steps, '/sppp/partial')).toEqual({ code: 2100, told: reported });
    await expectRegistry(after);
    registry = after;
  }, 120_000);

  it('leaves nothing when it breaks off while one run is loaded and the next one is prepared', async () => {
    const held = await server.deps.database.pool.connect();
    await held.query('BEGIN');
    await held.query(`SELECT FROM sppp.destination_group WHERE name_key = 'dg_two' FOR UPDATE`);
    const whole = addRequest(...[...numbers(20_000, 5_000), ...numbers(5_000, 5_000)].map((n) => tn(n, ['DG_TWO'])));
    const answer = server.post(`${whole.slice(0, -40)}</broken>`, { path: '/sppp/partial' });
    await expect.poll(waiting, { timeout: 20_000 }).toBe(1);
    await held.query('ROLLBACK');
    held.release();
    expect((await answer).status).toBe(500);
    await expectRegistry(registry);
  }, 120_000);
});
