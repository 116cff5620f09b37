/** Bulks that end before their last item, at a real server: what is told of what was sent, and what is left behind. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BulkStoppedError, type ChangeItem, type Connection, connect } from '../../src/client/connect.js';
import { environmentOf, type Installation, install } from '../support/command-line.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const own = { rant: 'iana-en:222', rar: 'iana-en:223' };
const numberOf = (index: number) => `+1202${5_000_000 + index}`;
const tn = (index: number): ChangeItem => ({
  verb: 'add',
  subject: { kind: 'TNType', ...own, dgName: ['DG_ENDS'], tn: numberOf(index), sedRecRef: [] },
});

let server: TestServer;
let ssp2: Connection;
/** Where the items of a test begin, so that no two tests have the same. */
let base = 0;

beforeAll(async () => {
  server = await startServer();
  ssp2 = connect({ url: server.url, user: 'ssp2r', password: 'ssp2r' });
  await ssp2.add([{ kind: 'DestGrpType', ...own, dgName: 'DG_ENDS' }]);
});

afterAll(async () => {
  ssp2.close();
  await server.close();
});

beforeEach(() => {
  base += 100_000;
});

/** Items without end, and whether their reader has told them that it reads no more. */
class Source {
  read = 0;
  isClosed = false;

  async *items(endsAfter = Number.POSITIVE_INFINITY): AsyncGenerator<ChangeItem> {
    try {
      for (; this.read < endsAfter; this.read++) yield tn(base + this.read);
      throw new Error('the disk of the carrier');
    } finally {
      this.isClosed = true;
    }
  }
}

/** How many of the items the registry has, and how often one was sent. */
async function carriedOut(): Promise<{ stored: number; sent: number }> {
  const [row] = await server.sql<{ stored: string; sent: string }>(
    `SELECT (SELECT count(*) FROM sppp.public_identifier WHERE value >= $1 AND value < $2) AS stored,
            (SELECT coalesce(sum(objects), 0) FROM sppp_api.transaction WHERE client_trans_id LIKE $3) AS sent`,
    [numberOf(base).slice(1), numberOf(base + 100_000).slice(1), `${base}-%`],
  );
  return { stored: Number(row?.stored), sent: Number(row?.sent) };
}

const options = { perRequest: 100, atOnce: 3, transId: (first: number) => `${base}-${first}` };

describe('a bulk', () => {
  it('whose source throws tells all that was sent, each item once, then what the source threw', async () => {
    const source = new Source();
    const told: number[] = [];
    const work = async () => {
      for await (const { first, outcome } of ssp2.bulk(source.items(1050), options)) {
        expect(outcome).toMatchObject({ code: 1000, applied: 100 });
        told.push(first);
      }
    };
    await expect(work()).rejects.toThrow('the disk of the carrier');
    // The items of a request that was not complete are not sent.
    expect(told).toEqual(Array.from({ length: 10 }, (_, index) => index * 100));
    expect([await carriedOut(), source.isClosed]).toEqual([{ stored: 1000, sent: 1000 }, true]);
  });

  it('whose reader leaves lets the requests under way end, sends no more, and closes the source', async () => {
    const source = new Source();
    for await (const { first } of ssp2.bulk(source.items(), options)) if (first === 300) break;
    const { stored, sent } = await carriedOut();
    // Those of the parts that were read, and at most as many more as go at once.
    expect(stored).toBeGreaterThanOrEqual(400);
    expect(stored).toBeLessThanOrEqual(400 + 3 * 100);
    expect([sent, source.isClosed]).toEqual([stored, true]);
    expect(source.read).toBeLessThanOrEqual(stored + 2 * 100);
    expect(await carriedOut()).toEqual({ stored, sent });
  });

  it('that is told to stop tells all that was sent, then the reason', async () => {
    const source = new Source();
    const stop = new AbortController();
    const told: number[] = [];
    const work = async () => {
      for await (const { first } of ssp2.bulk(source.items(), { ...options, signal: stop.signal })) {
        told.push(first);
        if (first === 300) stop.abort(new Error('Ctrl-C'));
      }
    };
    await expect(work()).rejects.toThrow('Ctrl-C');
    expect(told).toEqual(told.map((_, index) => index * 100));
    expect(told.length).toBeGreaterThanOrEqual(4);
    const all = told.length * 100;
    expect([await carriedOut(), source.isClosed]).toEqual([{ stored: all, sent: all }, true]);
  });

  it('that is told to stop before it begins sends nothing and reads nothing', async () => {
    const source = new Source();
    const fresh = connect({ url: server.url, user: 'ssp2r', password: 'ssp2r' });
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(fresh.bulk(source.items(), { ...options, signal }).next()).rejects.toThrow('too late');
    expect([await carriedOut(), source.read]).toEqual([{ stored: 0, sent: 0 }, 0]);
    fresh.close();
  });

  it('whose request is refused names it, after the parts of the others', async () => {
    const items = Array.from({ length: 500 }, (_, index) => tn(base + index));
    const transId = (first: number) => (first === 200 ? 'x' : `${base}-${first}`);
    const told: number[] = [];
    const work = async () => {
      for await (const { first } of ssp2.bulk(items, { ...options, atOnce: 1, transId })) told.push(first);
    };
    await expect(work()).rejects.toThrow('bulk: clientTransId: x is not 3 to 120 characters');
    expect([told, await carriedOut()]).toEqual([[0, 100], { stored: 200, sent: 200 }]);
  });

  it('whose login ends in the middle says where it stopped', async () => {
    const source = new Source();
    const own = connect({ url: server.url, user: 'ssp3', password: 'ssp3' });
    const read = own.bulk(source.items(), { ...options, atOnce: 1 });
    expect((await read.next()).value).toMatchObject({ first: 0, outcome: { code: 2100 } });
    await server.sql(`UPDATE sppp.organization SET suspended_at = now() WHERE org_id = 'iana-en:225'`);
    const rest = async () => {
      for await (const _ of read);
    };
    const error = await rest().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(BulkStoppedError);
    expect(error).toMatchObject({ isRetrySafe: false, cause: { name: 'LoginRefusedError', status: 403 } });
    expect(source.isClosed).toBe(true);
    own.close();
  });
});

describe('a program', () => {
  let installation: Installation;
  beforeAll(async () => {
    installation = await install();
  });
  afterAll(() => installation.remove());

  /** Runs a program that does not close its connection; it ends by itself if nothing is left behind. */
  async function run(body: string): Promise<string> {
    const script = `
      import { connect } from '${installation.folder}/dist/client/connect.js';
      const connection = connect({ url: '${server.url}', user: 'ssp2r', password: 'ssp2r' });
      const tn = (index) => ({ verb: 'add', subject: { kind: 'TNType', rant: 'iana-en:222', rar: 'iana-en:223',
        dgName: ['DG_ENDS'], tn: '+1202' + (${5_000_000 + base} + index), sedRecRef: [] } });
      async function* items(ends = Infinity) {
        for (let index = 0; index < ends; index++) yield tn(index);
        throw new Error('the source');
      }
      ${body}`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      env: environmentOf({}),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 50_000, // an idle connection lasts longer
    });
    const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    expect([code, err]).toEqual([0, '']);
    return out;
  }

  it.each([
    ['a reader that leaves', 'for await (const _ of connection.bulk(items(), { perRequest: 50 })) break;'],
    [
      'a source that throws',
      `try { for await (const _ of connection.bulk(items(220), { perRequest: 50 })); } catch {}`,
    ],
    [
      'a signal',
      `const stop = new AbortController();
       try {
         for await (const _ of connection.bulk(items(), { perRequest: 50, signal: stop.signal })) stop.abort();
       } catch {}`,
    ],
  ])('ends by itself after %s', async (_, body) => {
    expect(await run(`${body}\nconsole.log('end');`)).toBe('end\n');
  });
});
