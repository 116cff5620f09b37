import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { Carrier } from '../carrier.js';
import type { Figure } from '../figure.js';
import { count, type Measure, presentOf, roundsOf } from '../measure.js';
import { request, tn } from '../messages.js';
import { groupName, singleNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { quantile, ratioOf, spreadOf } from '../spread.js';
import type { Served } from '../stand.js';
import { addsAtOnce } from './single-add.js';

/** Decent clients, each with one add after the other. */
const CLIENTS = 8;

/** The effect of a thousand slow connections and of hostile messages on other clients, and on memory afterwards. */
export const attack: Measure = {
  name: 'attack',
  what: 'p99 of single adds beside 1,000 slow sockets and beside hostile messages; memory after them',
  async take(stand, options) {
    const sockets = options.quick ? 100 : 1000;
    const time = options.quick ? 1 : 5;
    const registry = await stand.registry(presentOf(options));
    const served = await registry.serve({ SPPP_HEADERS_TIMEOUT: '60000', SPPP_STALL_TIMEOUT: '60000' });
    let rank = 0;
    const p99 = async () => {
      const { latencies } = await addsAtOnce(served, CLIENTS, time, () => singleNumber(++rank));
      return quantile(
        latencies.sort((a, b) => a - b),
        0.99,
      );
    };
    const left: Record<'slow' | 'hostile', number[]> = { slow: [], hostile: [] };
    /** The p99 beside something; memory is looked at before it and when it is over. */
    const beside = (which: 'slow' | 'hostile', begin: () => Promise<() => Promise<void>>) => async () => {
      const before = await settled(served, p99);
      const end = await begin();
      const seen = await p99();
      await end();
      left[which].push((await settled(served, p99)) / before);
      return seen;
    };
    const seen = await takeTurns(roundsOf(options, 5), {
      alone: p99,
      slow: beside('slow', () => slowSockets(served, sockets)),
      hostile: beside('hostile', () => hostileMessages(served.carrier)),
    });
    await registry.drop();
    const figures: Figure[] = [];
    for (const [which, name] of [
      ['slow', `${count(sockets)} slow sockets`],
      ['hostile', 'hostile messages'],
    ] as const) {
      figures.push({
        measure: 'attack',
        name: `p99 of single adds beside ${name} ÷ alone`,
        sides: [
          { name: 'beside', unit: 'ms', spread: spreadOf(seen[which]) },
          { name: 'alone', unit: 'ms', spread: spreadOf(seen.alone) },
        ],
        ratio: ratioOf(seen[which], seen.alone),
        reach: { of: 'ratio', most: { must: 2 } },
      });
      const memory = left[which].slice(1).filter((ratio) => !Number.isNaN(ratio));
      if (memory.length === 0) continue;
      figures.push({
        measure: 'attack',
        name: `memory after ${name} ÷ before`,
        sides: [],
        ratio: spreadOf(memory),
        reach: { of: 'ratio', most: { must: 1.1 } },
      });
    }
    return figures;
  },
};

/** Memory after some ordinary work, which gives the collector its occasions. */
async function settled({ child }: Served, work: () => Promise<unknown>): Promise<number> {
  await work();
  return (await child.memory()) ?? Number.NaN;
}

/** Nothing at all, a line, headers without end, a body that does not come; each with a byte now and then. */
async function slowSockets({ child, carrier }: Served, many: number): Promise<() => Promise<void>> {
  const { hostname, port } = new URL(child.url);
  const begun = (n: number): string => {
    const starts = ['', 'POST /sppp HTTP/1.1\r\n', 'POST /sppp HTTP/1.1\r\nHost: x\r\nX-Slow: '];
    return starts[n % 4] ?? `${carrier.head('/sppp')}Content-Length: 100000\r\n\r\n<`;
  };
  const sockets: Socket[] = [];
  for (let n = 0; n < many; n++) {
    const socket = connect(Number(port), hostname, () => {
      if (n % 4 !== 0) socket.write(begun(n));
    });
    sockets.push(socket.on('error', () => undefined).resume());
    if (n % 50 === 49) await delay(5);
  }
  const drip = setInterval(() => {
    for (const [n, socket] of sockets.entries()) if (n % 4 !== 0 && socket.writable) socket.write('x');
  }, 1000);
  return async () => {
    clearInterval(drip);
    for (const socket of sockets) socket.destroy();
    await delay(200);
  };
}

/** One client that sends what is made to do harm, one message after the other. */
async function hostileMessages(carrier: Carrier): Promise<() => Promise<void>> {
  const good = request('Add', [tn(singleNumber(1), groupName(1))]).toString();
  const many = (size: number, each: (n: number) => string) => Array.from({ length: size }, (_, n) => each(n)).join('');
  const corpus = [
    good.replace('<obj', `${'<obj>'.repeat(400_000)}<obj`),
    good.replace('<obj', `<obj ${many(200_000, (n) => `a${n}="" `)}`),
    good.replace('<obj', `${'<!-- c -->'.repeat(400_000)}<x/><obj`),
    good.replace(/\?>/, `?><!DOCTYPE x [${many(50_000, (n) => `<!ENTITY e${n} "&e${n - 1};">`)}]>`),
    gzipSync(good.replace('<obj', `${'<!---->'.repeat(5_000_000)}<obj`)),
    gzipSync(good + ' '.repeat(16 * 1024 * 1024)),
  ].map((message) => Buffer.from(message));
  let goesOn = true;
  const sending = (async () => {
    for (let n = 0; goesOn; n++) {
      const message = corpus[n % corpus.length] ?? Buffer.alloc(0);
      const gzip = message[0] === 0x1f ? 'Content-Encoding: gzip\r\n' : '';
      const connection = await carrier.connect();
      // Refused in the middle of it, perhaps with the connection cut.
      await connection.ask(carrier.head('/sppp') + gzip, message).catch(() => undefined);
      connection.close();
    }
  })();
  return async () => {
    goesOn = false;
    await sending;
  };
}
