/** Events by the client library and by `sppp events`, against a server over the network. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Connection, connect, type EventPage, EventsGoneError } from '../../src/client/connect.js';
import { purgeEvents } from '../../src/registry/events/purge-events.js';
import { environmentOf, type Finished, type Installation, install, sppp } from '../support/command-line.js';
import { type GivenEvent, publish, silenceCauses } from '../support/published-events.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

const TOO_LONG = 300_000;

let installation: Installation;
let server: TestServer;
let registry: Connection;
/** The last position before each test. */
let start: number;

beforeAll(async () => {
  [installation, server] = await Promise.all([install(), startServer()]);
  await silenceCauses(server);
  registry = connect({ url: server.url, user: 'ssp1', password: 'ssp1' });
}, TOO_LONG);
afterAll(async () => {
  registry.close();
  await server.close();
  await installation.remove();
}, TOO_LONG);
beforeEach(async () => {
  start = await publish(server);
});

const some = (count: number): GivenEvent[] =>
  Array.from({ length: count }, (_, n) => ({ to: 'iana-en:111', subject: `org:${n}` }));
const subjectsIn = (pages: readonly EventPage[]) => pages.flatMap(({ events }) => events.map(({ subject }) => subject));

async function all(pages: AsyncGenerator<EventPage>): Promise<EventPage[]> {
  const read = [];
  for await (const page of pages) read.push(page);
  return read;
}

describe('the library', () => {
  it('reads all pages to the last event, of a consumer those that it has not acknowledged', async () => {
    await registry.ackEvents({ consumer: 'lib', position: start });
    await publish(server, ...some(7));
    const pages = await all(registry.events({ consumer: 'lib', limit: 3 }));
    expect(pages.map(({ events }) => events.length)).toEqual([3, 3, 1]);
    expect(subjectsIn(pages)).toEqual(some(7).map(({ subject }) => subject));
    const [first] = pages;
    const acked = await registry.ackEvents({ consumer: 'lib', position: first?.next ?? '' });
    expect(acked).toMatchObject({ name: 'lib', position: start + 3, missedUntil: null });
    expect(subjectsIn(await all(registry.events({ consumer: 'lib' })))).toHaveLength(4);
    await registry.ackEvents({ consumer: 'lib', position: start, back: true });
    expect(subjectsIn(await all(registry.events({ consumer: 'lib' })))).toHaveLength(7);
    expect(await all(registry.events({ after: start + 7 }))).toEqual([]);
  });

  it('follows until it is stopped', async () => {
    const stop = new AbortController();
    const got: string[] = [];
    const reading = (async () => {
      const pages = registry.events({ after: start, follow: true, types: ['sppp.grant.*'], signal: stop.signal });
      for await (const page of pages) {
        got.push(...subjectsIn([page]));
        if (got.length === 3) stop.abort(new Error('enough'));
      }
    })();
    for (const event of some(3)) await publish(server, event, { ...event, type: 'sppp.claim.won.v1' });
    await expect(reading).rejects.toThrow('enough');
    expect(got).toEqual(['org:0', 'org:1', 'org:2']);
  });

  it('says what was deleted before it was read, and what the server refuses', async () => {
    await publish(server, ...some(2).map((event) => ({ ...event, age: 60 })), ...some(1));
    await server.sql(`UPDATE sppp.event SET published_at = now() - interval '60 days' WHERE position <= $1`, [start]);
    await purgeEvents(server.deps.database.pool, new Date(), 30);
    const gone = await all(registry.events({ after: start })).catch((error: unknown) => error);
    expect(gone).toBeInstanceOf(EventsGoneError);
    expect(gone).toMatchObject({ oldest: String(start + 3), after: String(start + 2), isRetrySafe: true });
    expect(subjectsIn(await all(registry.events({ after: start + 2 })))).toEqual(['org:0']);
    await expect(all(registry.events({ types: ['sppp.none'] }))).rejects.toMatchObject({
      ...{ name: 'HttpStatusError', message: expect.stringMatching(/^HTTP 400: types=sppp\.none: up to/) },
      fault: { field: 'types', value: 'sppp.none' },
    });
    await expect(registry.ackEvents({ position: start + 100 })).rejects.toThrow(/up to/);
    await expect(all(registry.events({ folow: true } as object))).rejects.toThrow('events: folow: no such option');
  });
});

describe.sequential('sppp events', () => {
  const login = () => ({ SPPP_URL: server.url, SPPP_USER: 'ssp1', SPPP_PASSWORD: 'ssp1' });
  const run = (...args: string[]): Promise<Finished> => sppp(installation, ['events', ...args], login());

  it('prints events, one a line, and acknowledges them if it is told to', { timeout: TOO_LONG }, async () => {
    await registry.ackEvents({ consumer: 'cli', position: start });
    await publish(server, ...some(2), { to: 'iana-en:111', type: 'sppp.claim.won.v1', subject: 'tn:1' });
    const shown = await run('--consumer', 'cli');
    expect(shown.code).toBe(0);
    const [first] = shown.out.split('\n');
    expect(first).toMatch(new RegExp(`^${start + 1}  \\d{4}-\\S*Z  sppp\\.grant\\.made\\.v1  org:0  for iana-en:111$`));
    // Data of a grant names a registrar, too; one that caused an event has sent a request.
    const subject = 'sedGrpOffer:iana-en:222:g/iana-en:111';
    const data = { registrar: 'iana-en:223' };
    const offer = await publish(
      server,
      { to: 'iana-en:111', subject: 'grant:1', data },
      { to: 'iana-en:111', subject, data },
    );
    await server.sql(
      `WITH made AS (INSERT INTO sppp.transaction (server_trans_id, operation, mode, received_at)
                     VALUES (gen_random_uuid(), 'submitAddRqst', 'atomic', now()) RETURNING id)
       UPDATE sppp.event SET transaction_id = made.id FROM made WHERE position = $1`,
      [offer],
    );
    const [grant, caused] = (await run('--after', String(offer - 2))).out.split('\n');
    expect(grant).toMatch(/ {2}grant:1 {2}for iana-en:111$/);
    expect(caused?.endsWith(`  ${subject}  for iana-en:111  by iana-en:223`)).toBe(true);
    const claims = await run('--consumer', 'cli', '--types', 'sppp.claim.*,sppp.offer.*', '--json');
    expect(
      claims.out
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { subject: string }).subject),
    ).toEqual(['tn:1']);
    expect((await run('--consumer', 'cli', '--ack')).out.trimEnd().split('\n')).toHaveLength(5);
    expect(await run('--consumer', 'cli', '--ack')).toMatchObject({ code: 0, out: '' });
  });

  it('names what is wrong, and goes on behind what was deleted', { timeout: TOO_LONG }, async () => {
    const wrong = await run('--types', 'sppp.none');
    expect(wrong).toMatchObject({ code: 3, out: '' });
    expect(wrong.err).toMatch(/^sppp: types=sppp\.none: up to 100 types .*\n$/);
    for (const [option, value] of [
      ['after', 'abc'],
      ['consumer', 'a/b'],
      ['consumer', '..'],
    ] as const) {
      const refused = await run(`--${option}`, value);
      expect([refused.code, refused.err]).toEqual([3, expect.stringMatching(`^sppp: ${option}=${value}: [^{}]+\n$`)]);
    }
    await publish(server, { to: 'iana-en:111', age: 60 }, { to: 'iana-en:111', subject: 'org:left' });
    await server.sql(`UPDATE sppp.event SET published_at = now() - interval '60 days' WHERE position <= $1`, [start]);
    await purgeEvents(server.deps.database.pool, new Date(), 30);
    const late = await run('--after', String(start));
    expect(late.code).toBe(0);
    expect(late.err).toContain(`Reading goes on with ${start + 2}.`);
    expect(late.out).toContain('org:left');
  });

  it('follows until it is interrupted', { timeout: TOO_LONG }, async () => {
    const args = [join(installation.folder, 'dist', 'cli', 'sppp.js'), 'events', '--follow', '--after', String(start)];
    const child = spawn(process.execPath, args, { env: environmentOf(login()), stdio: ['ignore', 'pipe', 'inherit'] });
    await publish(server, ...some(1));
    await once(child.stdout, 'data');
    child.kill('SIGINT');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });
});
