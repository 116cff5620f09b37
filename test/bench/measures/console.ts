import { setTimeout as delay } from 'node:timers/promises';
import type { Connection } from '../connection.js';
import type { Figure } from '../figure.js';
import { type Measure, presentOf, roundsOf, UNLIMITED_REQUESTS } from '../measure.js';
import { PEER, RANT } from '../messages.js';
import { groupName, presentNumber, singleNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { quantile, ratioOf, spreadOf } from '../spread.js';
import { type Registry, type Served, user } from '../stand.js';
import { share } from './enum.js';
import { getNumbers } from './get.js';
import { addsAtOnce } from './single-add.js';

/** Requests in the journal: more than a page has. */
const REQUESTS = 150;
/** Pages of each kind in a round. */
const PAGES = { quick: 20, usual: 200 };
const MUST_MS = 150;
const MUST_SEARCH_MS = 50;
const MUST_BYTES = 100_000;
/** Who reads beside single adds: each opens a page in every interval. */
const READERS = 10;
const INTERVAL_MS = 2_000;
/** Seconds of single adds in a round. */
const ADDS = { quick: 2, usual: 10 };
const NOTHING = Buffer.alloc(0);

const page = (path: string, parameters: Readonly<Record<string, string>>) =>
  `/console/${path}?${new URLSearchParams(parameters)}`;

/** Pages that a carrier opens, about numbers far from each other. */
export const consolePages: Measure = {
  name: 'console',
  what: 'pages of the console, one after the other, and their bytes; single adds beside ten readers ÷ alone',
  async take(stand, options) {
    const present = options.full ? 10_000_000 : presentOf(options);
    const registry = await stand.registry(present);
    const served = await registry.serve(UNLIMITED_REQUESTS);
    await share(served, 2);
    for (let sent = 0; sent < REQUESTS; sent++) await getNumbers(served, present, 1);
    await fillCharts(registry);
    await registry.settle();
    const number = () => presentNumber(Math.floor(Math.random() * present));
    const kinds: readonly (readonly [name: string, must: number, path: () => string])[] = [
      ['search of a number', MUST_SEARCH_MS, () => page('find', { q: `+${number()}` })],
      ['search of a name', MUST_MS, () => page('find', { q: 'dest_grp' })],
      ['a number', MUST_MS, () => page('object', { key: `tn:${RANT}:+${number()}` })],
      ['a destination group', MUST_MS, () => page('object', { key: `destGrp:${RANT}:${groupName(0)}` })],
      ['an organization', MUST_MS, () => page('organization', { id: RANT })],
      ['Why?', MUST_MS, () => page('why', { identifier: `+${number()}`, asker: PEER })],
      ['Requests', MUST_MS, () => '/console/requests'],
      ['Offers', MUST_MS, () => '/console/offers'],
      ['numbers in order', MUST_MS, () => page('objects/pubId', { begin: `+${number()}`.slice(0, -2) })],
      ['Who peers with whom', MUST_MS, () => '/console/peering'],
      ['the form of a number', MUST_MS, () => page('edit', { key: `tn:${RANT}:+${number()}` })],
      ['charts of an hour', MUST_MS, () => '/console/charts/hour'],
      ['charts of a month', MUST_MS, () => '/console/charts/month'],
    ];
    const reader = await PageReader.signIn(served);
    const pages = options.quick ? PAGES.quick : PAGES.usual;
    const figures: Figure[] = [];
    const largest: number[] = [];
    for (const [name, must, path] of kinds) {
      const [slow, middle]: [number[], number[]] = [[], []];
      for (let round = -1; round < roundsOf(options, 5); round++) {
        const { milliseconds, most } = await reader.read(pages, path);
        if (round < 0) continue;
        slow.push(quantile(milliseconds, 0.95));
        middle.push(quantile(milliseconds, 0.5));
        largest.push(most);
      }
      figures.push({
        measure: 'console',
        name: `page of the console: ${name}`,
        sides: [
          { name: 'p95', unit: 'ms', spread: spreadOf(slow) },
          { name: 'median', unit: 'ms', spread: spreadOf(middle) },
        ],
        reach: { of: 'side', most: { must } },
      });
    }
    figures.push({
      measure: 'console',
      name: 'largest page of the console over the wire',
      sides: [{ name: 'gzip', unit: 'B', spread: spreadOf([Math.max(...largest)]) }],
      reach: { of: 'side', most: { must: MUST_BYTES } },
    });
    reader.close();
    let rank = 0;
    const add = async () => {
      const { rate } = await addsAtOnce(served, 1, options.quick ? ADDS.quick : ADDS.usual, () => singleNumber(++rank));
      await registry.reset();
      return 1000 / rate;
    };
    const readers = await Promise.all(Array.from({ length: READERS }, () => PageReader.signIn(served)));
    const paths = kinds.map(([, , path]) => path);
    const times = await takeTurns(roundsOf(options, 5), {
      beside: () => whileRead(readers, paths, add),
      alone: add,
    });
    for (const each of readers) each.close();
    figures.push({
      measure: 'console',
      name: `time of a single add beside ${READERS} readers of the console ÷ alone`,
      sides: [
        { name: 'beside', unit: 'ms', spread: spreadOf(times.beside) },
        { name: 'alone', unit: 'ms', spread: spreadOf(times.alone) },
      ],
      ratio: ratioOf(times.beside, times.alone),
      reach: { of: 'ratio', most: { must: 1.2 } },
    });
    await registry.drop();
    return figures;
  },
};

/** Counts of the registrar in every slot of every chart, of as many outcomes as a chart tells apart. */
async function fillCharts({ db, ids }: Registry): Promise<void> {
  await db.query(
    `INSERT INTO sppp.activity (seconds, registrar_id, begin, what, outcome, milliseconds, number)
     SELECT k.seconds, $1, date_bin(make_interval(secs => k.seconds), now(), 'epoch') - make_interval(secs => k.seconds * slot),
            what, 1000 + outcome, CASE what WHEN 'request' THEN 1 << outcome ELSE 0 END, 1 + (slot * 7 + outcome * 13) % 97
       FROM (VALUES (60, 60), (3600, 24), (86400, 31)) AS k(seconds, slots), generate_series(1, k.slots - 1) AS slot,
            unnest('{request,object,lookup,refusal}'::text[]) AS what, generate_series(1, 7) AS outcome`,
    [ids.rar],
  );
}

/** Does something while each reader opens a page, one kind after the other, in every interval; they do not begin together. */
async function whileRead<T>(readers: readonly PageReader[], paths: readonly (() => string)[], work: () => Promise<T>) {
  const over = new AbortController();
  const { signal } = over;
  const reading = readers.map(async (reader, index) => {
    let next = performance.now() + (index * INTERVAL_MS) / readers.length;
    for (let nth = index; !signal.aborted; nth++, next += INTERVAL_MS) {
      await delay(Math.max(0, next - performance.now()), undefined, { signal }).catch(() => undefined);
      const path = paths[nth % paths.length];
      if (!signal.aborted && path !== undefined) await reader.read(1, path);
    }
  });
  try {
    return await work();
  } finally {
    over.abort();
    await Promise.all(reading);
  }
}

/** Asks for pages on one connection, with the cookie of a session. */
class PageReader {
  readonly #connection: Connection;
  readonly #headers: string;

  private constructor(connection: Connection, headers: string) {
    this.#connection = connection;
    this.#headers = headers;
  }

  static async signIn({ carrier, child }: Served): Promise<PageReader> {
    const connection = await carrier.connect();
    const host = `Host: ${new URL(child.url).host}\r\n`;
    const form = 'Content-Type: application/x-www-form-urlencoded\r\nSec-Fetch-Site: same-origin\r\n';
    const fields = Buffer.from(new URLSearchParams({ ...user }).toString());
    const { status, head } = await connection.ask(`POST /console/login HTTP/1.1\r\n${host}${form}`, fields);
    const [, cookie] = /^set-cookie: ([^;\r]+)/im.exec(head) ?? [];
    if (cookie === undefined) throw new Error(`no session: HTTP ${status}`);
    return new PageReader(connection, `${host}Cookie: ${cookie}\r\nAccept-Encoding: gzip\r\n`);
  }

  /** Reads so many pages: the milliseconds of each in ascending order, and the bytes of the largest with its headers. */
  async read(pages: number, path: () => string): Promise<{ readonly milliseconds: number[]; readonly most: number }> {
    const milliseconds: number[] = [];
    let most = 0;
    for (let count = 0; count < pages; count++) {
      const since = performance.now();
      const target = path();
      const { status, head, body } = await this.#connection.ask(`GET ${target} HTTP/1.1\r\n${this.#headers}`, NOTHING);
      milliseconds.push(performance.now() - since);
      if (status !== 200) throw new Error(`HTTP ${status} for ${target}`);
      most = Math.max(most, head.length + body.length);
    }
    return { milliseconds: milliseconds.sort((a, b) => a - b), most };
  }

  close(): void {
    this.#connection.close();
  }
}
