import { MAX_DEST_GRPS, MAX_SED_RECS, MAX_SOURCES, MAX_SOURCES_SIZE } from '../../../src/model/list-limits.js';
import { Carrier, expectCode } from '../carrier.js';
import type { Figure } from '../figure.js';
import { type Measure, presentOf, roundsOf } from '../measure.js';
import { destGrp, NEIGHBOUR, ofNeighbour, RANT, request, sedGrp, sedRec, tn, tnKey } from '../messages.js';
import { pipeline, readSlowly } from '../misbehaving-clients.js';
import { groupName, presentNumber, singleNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { quantile, ratioOf, spreadOf } from '../spread.js';
import { neighbour, type Served } from '../stand.js';

/** Five times as long as this is 250 ms, which are allowed in any case. */
const FLOOR_MS = 50;
const NOTHING = Buffer.alloc(0);
const GROUP = 'NEIGHBOUR_GRP';
const RECORD = 'NEIGHBOUR_REC';
const LONG = '12025550123';
const COPIES = 1_000;
const AT_ONCE = 8;

/** What one registrar does at its worst, until the function that it gives is called. */
type Worst = (served: Served) => Promise<() => Promise<void>>;

/** What a registrar feels of another that does the worst that is allowed. */
export const neighbours: Measure = {
  name: 'neighbours',
  what: "p99 of a registrar's single adds and look-ups beside another at its worst ÷ alone",
  async take(stand, options) {
    const present = presentOf(options);
    const registry = await stand.registry(present);
    const served = await registry.serve();
    const carrier = new Carrier(served.child.url, neighbour);
    const number = singleNumber(0);
    await provision(carrier, number);
    await provisionLongLists(served.carrier);
    let rank = 0;
    const lookups: Record<string, number[]> = {};
    const ask = (name: string, worst?: Worst) => async () => {
      const end = await worst?.(served);
      const seen = await askAtOnce(carrier, options.quick ? 1 : 4, number, () => singleNumber(++rank));
      await end?.();
      lookups[name] = [...(lookups[name] ?? []), seen.lookups];
      return seen.adds;
    };
    const { alone, ...adds } = await takeTurns(roundsOf(options, 5), {
      alone: ask('alone'),
      'repeated keys': ask('repeated keys', repeatedKeys),
      'slow readers': ask('slow readers', slowReaders(present)),
      'long lists': ask('long lists', longLists),
      'pipelined requests': ask('pipelined requests', pipelinedRequests),
      'slow feeds': ask('slow feeds', slowFeeds),
    });
    carrier.close();
    await registry.drop();
    // The first look-ups only warmed up, as in takeTurns.
    const rounds = (name: string) => lookups[name]?.slice(1) ?? [];
    return Object.entries(adds).flatMap(([name, beside]) => [
      figureOf(`p99 of single adds beside ${name} ÷ alone`, beside, alone),
      figureOf(`p99 of look-ups beside ${name} ÷ alone`, rounds(name), rounds('alone')),
    ]);
  },
};

function figureOf(name: string, beside: readonly number[], alone: readonly number[]): Figure {
  return {
    measure: 'neighbours',
    name,
    sides: [
      { name: 'beside', unit: 'ms', spread: spreadOf(beside) },
      { name: `alone, at least ${FLOOR_MS} ms`, unit: 'ms', spread: spreadOf(alone) },
    ],
    ratio: ratioOf(
      beside,
      alone.map((value) => Math.max(value, FLOOR_MS)),
    ),
    reach: { of: 'ratio', most: { must: 5 } },
  };
}

/** What the neighbour's look-ups find. */
async function provision(carrier: Carrier, number: string): Promise<void> {
  const objects = [
    destGrp(GROUP),
    sedRec(RECORD),
    sedGrp('NEIGHBOUR_SED', [RECORD], [GROUP]),
    tn(number, GROUP, 'addObj'),
  ];
  expectCode(await carrier.post(ofNeighbour(request('Batch', objects))));
}

/** Adds on one connection and look-ups on another, one after the other on each; the p99 of both in milliseconds. */
async function askAtOnce(carrier: Carrier, time: number, number: string, next: () => string) {
  const until = performance.now() + time * 1000;
  const p99Of = async (work: () => Promise<unknown>): Promise<number> => {
    const times: number[] = [];
    for (let asked = performance.now(); asked < until; ) {
      await work();
      const answered = performance.now();
      times.push(answered - asked);
      asked = answered;
    }
    return quantile(
      times.sort((a, b) => a - b),
      0.99,
    );
  };
  const [adding, looking] = await Promise.all([carrier.connect(), carrier.connect()]);
  const path = `/lookup/${number}?asker=${NEIGHBOUR}`;
  const [adds, lookups] = await Promise.all([
    p99Of(async () =>
      expectCode(await carrier.post(ofNeighbour(request('Add', [tn(next(), GROUP)])), '/sppp', adding)),
    ),
    p99Of(async () => {
      const { status, body } = await looking.ask(await carrier.getHead(path), NOTHING);
      if (status !== 200) throw new Error(`HTTP ${status}: ${body}`);
    }),
  ]);
  adding.close();
  looking.close();
  return { adds, lookups };
}

/** Again and again, whatever the answers say, so many at once. */
function goOn(work: (index: number) => Promise<unknown>): () => Promise<void> {
  let goesOn = true;
  const all = Array.from({ length: AT_ONCE }, async (_, index) => {
    while (goesOn) await work(index).catch(() => undefined);
  });
  return async () => {
    goesOn = false;
    await Promise.all(all);
  };
}

/** The same number again and again in a request: added, deleted, and both by turns. */
async function repeatedKeys({ carrier }: Served): Promise<() => Promise<void>> {
  const number = singleNumber(-1);
  const times = <T>(make: (n: number) => T) => Array.from({ length: COPIES }, (_, n) => make(n));
  const bodies = [
    request(
      'Add',
      times(() => tn(number, groupName(0))),
    ),
    request(
      'Del',
      times(() => tnKey(number)),
    ),
    request(
      'Batch',
      times((n) => (n % 2 === 0 ? tn(number, groupName(0), 'addObj') : tnKey(number, 'delObj'))),
    ),
  ];
  return goOn(async (index) => {
    const connection = await carrier.connect();
    await carrier.post(bodies[index % bodies.length] ?? NOTHING, '/sppp/partial', connection);
    connection.close();
  });
}

/** Answers of some megabytes that are read at a trickle. */
function slowReaders(present: number): Worst {
  return async ({ carrier, child }) => {
    const keys = Array.from({ length: Math.min(20_000, present) }, (_, n) => tnKey(presentNumber(n)));
    const body = request('Get', keys);
    await carrier.post(request('Get', keys.slice(0, 1))); // It knows the nonce after that.
    const ends = await Promise.all(
      Array.from({ length: AT_ONCE }, () => {
        const head = Buffer.from(`${carrier.head('/sppp')}Content-Length: ${body.length}\r\n\r\n`);
        return readSlowly(new URL(child.url), Buffer.concat([head, body]));
      }),
    );
    return async () => {
      for (const end of ends) end();
    };
  };
}

/** A number whose lists are all as long as they may be, with criteria that are slow to try and match nothing. */
async function provisionLongLists(carrier: Carrier): Promise<void> {
  const times = (many: number, made: (nth: number) => string) => Array.from({ length: many }, (_, nth) => made(nth));
  const groups = times(MAX_DEST_GRPS, (nth) => `LONG_${nth}`);
  const records = times(MAX_SED_RECS, (nth) => `LONG_REC_${nth}`);
  const size = Math.floor(MAX_SOURCES_SIZE / MAX_SOURCES);
  const long = '[ab]*'.repeat(Math.floor((size - 3) / 5));
  const criteria = times(MAX_SOURCES, (nth) => long + String(nth).padStart(3, '0'));
  const objects = [
    ...groups.map(destGrp),
    ...records.map(sedRec),
    ...groups.map((group) => sedGrp(group, records, groups, criteria)),
    tn(LONG, groups, 'addObj'),
  ];
  expectCode(await carrier.post(request('Batch', objects)));
}

/** Look-ups of that number, from the longest source. */
async function longLists({ carrier }: Served): Promise<() => Promise<void>> {
  const path = `/lookup/${LONG}?asker=${RANT}&sourceUri=${'ab'.repeat(1_000)}`;
  return goOn(async () => {
    const connection = await carrier.connect();
    await connection.ask(await carrier.getHead(path), NOTHING);
    connection.close();
  });
}

/** Without a pause: the WSDL, and what needs a login and has none, two hundred in one piece. */
async function pipelinedRequests({ child }: Served): Promise<() => Promise<void>> {
  const { host } = new URL(child.url);
  const one = ['/sppp?wsdl', '/about', '/transaction/none'].map(
    (path) => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
  );
  const many = Buffer.from(Array.from({ length: 200 }, (_, n) => one[n % one.length]).join(''));
  return goOn(() => pipeline(new URL(child.url), many, 200));
}

/** Both of the slots that there are, if one registrar gets them. */
async function slowFeeds({ carrier, child }: Served): Promise<() => Promise<void>> {
  const ends = await Promise.all(
    [0, 1].map(async () => {
      const head = await carrier.getHead(`/feed?asker=${RANT}`);
      return readSlowly(new URL(child.url), Buffer.from(`${head}\r\n`));
    }),
  );
  return async () => {
    for (const end of ends) end();
  };
}
