/**
 * The client library as a program of its own: adds numbers and prints what that took. Arguments: path of the built library,
 * URL, login, rank of the first number, how many.
 */

import type * as client from '../../src/client/connect.js';
import { RANT, RAR } from './messages.js';
import { freshNumber, groupName } from './numbers.js';

/** What the program prints. */
export interface ClientRun {
  readonly seconds: number;
  /** Processor time of the client, in seconds. */
  readonly cpu: number;
  /** Most memory that it held at once, in bytes. */
  readonly peak: number;
}

const [library = '', url = '', user = '', password = '', first = '0', count = '0'] = process.argv.slice(2);
const { connect } = (await import(library)) as typeof client;

function* numbers(): Generator<client.ChangeItem> {
  for (let rank = 0; rank < Number(count); rank++) {
    const tn = freshNumber(Number(first) + rank);
    const subject = { kind: 'TNType', rant: RANT, rar: RAR, dgName: [groupName(rank)], tn, sedRecRef: [] } as const;
    yield { verb: 'add', subject };
  }
}

const connection = connect({ url, user, password });
await connection.status();
const since = performance.now();
const before = process.cpuUsage();
let applied = 0;
for await (const { outcome } of connection.bulk(numbers())) applied += outcome.applied;
const cpu = process.cpuUsage(before);
const run: ClientRun = {
  seconds: (performance.now() - since) / 1000,
  cpu: (cpu.user + cpu.system) / 1e6,
  peak: process.resourceUsage().maxRSS * 1024,
};
connection.close();
if (applied !== Number(count)) throw new Error(`${applied} of ${count} applied`);
process.stdout.write(JSON.stringify(run));
