import { expectCode } from '../carrier.js';
import { EnumClient } from '../enum-client.js';
import type { Measure } from '../measure.js';
import { presentOf, roundsOf, UNLIMITED_REQUESTS, warmUpOf } from '../measure.js';
import { acceptance, offer, PEER, request, sedGrp, sedRec } from '../messages.js';
import { GROUPS, groupName, presentNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import type { Served } from '../stand.js';

const AT_ONCE = 16;
const NOTHING = Buffer.alloc(0);

/** The same numbers, asked by the same peer, over DNS and over HTTP. */
export const enumLookups: Measure = {
  name: 'enum',
  what: 'ENUM look-ups over UDP, 16 under way ÷ HTTP look-ups at 16 connections',
  async take(stand, options) {
    const present = presentOf(options);
    const registry = await stand.registry(present);
    const served = await registry.serve(UNLIMITED_REQUESTS);
    await share(served);
    await registry.settle();
    const child = await registry.serveEnum({ SPPP_ENUM_LISTEN: `${PEER}=127.0.0.1:0` });
    const client = await EnumClient.open(new URL(child.url), 'e164.arpa');
    const time = options.quick ? 0.5 : 4;
    const next = () => presentNumber(Math.floor(Math.random() * present));
    const warmUp = warmUpOf(present) / 1000;
    await client.rate(warmUp, AT_ONCE, next);
    await httpRate(served, warmUp, next);
    const { dns, http } = await takeTurns(roundsOf(options, 7), {
      dns: () => client.rate(time, AT_ONCE, next),
      http: () => httpRate(served, time, next),
    });
    client.close();
    await registry.drop();
    return [
      {
        measure: 'enum',
        name: `ENUM look-ups, ${AT_ONCE} under way ÷ HTTP look-ups, ${AT_ONCE} connections`,
        sides: [
          { name: 'ENUM', unit: '/s', spread: spreadOf(dns) },
          { name: 'HTTP', unit: '/s', spread: spreadOf(http) },
        ],
        ratio: ratioOf(dns, http),
        reach: { of: 'ratio', least: { must: 1, aim: 2 } },
      },
    ];
  },
};

/** Gives each destination group an SED group with so many records, which the peer has accepted. */
export async function share({ carrier }: Served, records = 1): Promise<void> {
  const groups = Array.from({ length: GROUPS }, (_, index) => index);
  const objects = groups.flatMap((index) => {
    const names = Array.from({ length: records }, (_, position) => `REC_${index}_${position}`);
    return [
      ...names.map(sedRec),
      sedGrp(`SED_${index}`, names, [groupName(index)]),
      offer(`SED_${index}`),
      acceptance(`SED_${index}`),
    ];
  });
  expectCode(await carrier.post(request('Batch', objects)));
}

/** Answers per second; throws at the first without a record. */
async function httpRate({ carrier }: Served, seconds: number, next: () => string): Promise<number> {
  const connections = await Promise.all(Array.from({ length: AT_ONCE }, () => carrier.connect()));
  const since = performance.now();
  const until = since + seconds * 1000;
  let answered = 0;
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < until) {
        const head = await carrier.getHead(`/lookup/%2B${next()}?asker=${PEER}`);
        const { body } = await connection.ask(head, NOTHING);
        if (!body.includes('"finalUri"')) throw new Error(`no record: ${body.toString()}`);
        answered++;
      }
    }),
  );
  const rate = answered / ((performance.now() - since) / 1000);
  for (const connection of connections) connection.close();
  return rate;
}
