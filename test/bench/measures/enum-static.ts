import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ownerOf } from '../../../src/lookup/naptr.js';
import { startChild } from '../child.js';
import { EnumClient } from '../enum-client.js';
import type { Figure } from '../figure.js';
import { type Measure, presentOf, roundsOf, warmUpOf } from '../measure.js';
import { PEER } from '../messages.js';
import { dnsperf, hasDnsperf, nsdVersion, startNsd } from '../name-server.js';
import { presentNumber } from '../numbers.js';
import { takeTurns } from '../rounds.js';
import { ratioOf, spreadOf } from '../spread.js';
import { share } from './enum.js';

const PROGRAM = fileURLToPath(new URL('../constant-dns.js', import.meta.url));
const APEX = 'e164.arpa';
const AT_ONCE = 32;
/** Records of each number. */
const NAPTRS = 2;
/** The records of `messages.sedRec`, behind order and preference. */
const NAPTR = `"u" "E2U+sip" "!^(.*)$!sip:\\\\1@sbc.example.com;user=phone!" .`;
/** Numbers that dnsperf asks for before it begins again. */
const MAX_ASKED = 500_000;

/** A static server, and the clients of it and of ours. */
interface Static {
  readonly name: string;
  readonly url: URL;
  rate(url: URL, seconds: number): Promise<number>;
  stop(): Promise<void>;
}

/** What a server without a database does with the same questions. */
export const enumStatic: Measure = {
  name: 'enum-static',
  what: 'ENUM look-ups ÷ a static server: NSD asked by dnsperf where both are installed, else a constant by Node',
  async take(stand, options) {
    const present = presentOf(options);
    const registry = await stand.registry(present);
    const served = await registry.serve();
    await share(served, NAPTRS);
    await served.stop();
    await registry.settle();
    const child = await registry.serveEnum({ SPPP_ENUM_LISTEN: `${PEER}=127.0.0.1:0` });
    const own = new URL(child.url);
    const version = hasDnsperf() ? nsdVersion() : undefined;
    const other = await (version === undefined ? constant(own, present) : nsd(version, present));
    const time = options.quick ? 0.5 : 4;
    try {
      await other.rate(own, Math.max(1, warmUpOf(present) / 1000));
      const { enumServer, staticServer } = await takeTurns(roundsOf(options, 7), {
        enumServer: () => other.rate(own, time),
        staticServer: () => other.rate(other.url, time),
      });
      const figure: Figure = {
        measure: 'enum-static',
        name: `ENUM beside a static server, ${AT_ONCE} under way ÷ ${other.name}`,
        sides: [
          { name: 'ENUM', unit: '/s', spread: spreadOf(enumServer) },
          { name: 'static', unit: '/s', spread: spreadOf(staticServer) },
        ],
        ratio: ratioOf(enumServer, staticServer),
      };
      return [version === undefined ? figure : { ...figure, reach: { of: 'ratio', least: { must: 0.5, aim: 0.8 } } }];
    } finally {
      await other.stop();
      await registry.drop();
    }
  },
};

/** NSD with the same numbers. */
async function nsd(version: string, present: number): Promise<Static> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-bench-dns-'));
  const file = join(folder, 'questions');
  const removed = () => rm(folder, { recursive: true, force: true });
  try {
    await writeFile(
      file,
      Array.from({ length: MAX_ASKED }, () => `${ownerOf(anyOf(present))}.${APEX} NAPTR\n`).join(''),
    );
    const server = await startNsd(APEX, recordsOf(present));
    return {
      name: `NSD ${version}`,
      url: server.url,
      rate: (url, seconds) => dnsperf(url, { file, seconds, atOnce: AT_ONCE }),
      stop: async () => {
        await server.stop();
        await removed();
      },
    };
  } catch (error) {
    await removed();
    throw error;
  }
}

/** A constant of the size of our answers. */
async function constant(own: URL, present: number): Promise<Static> {
  const rate = async (url: URL, seconds: number) => {
    const client = await EnumClient.open(url, APEX);
    const answered = await client.rate(seconds, AT_ONCE, () => anyOf(present));
    client.close();
    return answered;
  };
  const client = await EnumClient.open(own, APEX);
  const more = await client.bytesBehind(anyOf(present));
  client.close();
  const child = await startChild(PROGRAM, [String(more)], {});
  return {
    name: 'a constant by Node, as nsd or dnsperf is not installed',
    url: new URL(child.url),
    rate,
    stop: () => child.stop(),
  };
}

function anyOf(present: number): string {
  return presentNumber(Math.floor(Math.random() * present));
}

function* recordsOf(present: number): Generator<string> {
  for (let rank = 0; rank < present; rank++) {
    const owner = ownerOf(presentNumber(rank));
    for (let position = 1; position <= NAPTRS; position++) yield `${owner} NAPTR 10 ${position} ${NAPTR}`;
  }
}
