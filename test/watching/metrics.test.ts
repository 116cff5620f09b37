/** Metrics (docs/operations.md), which are served on their own port only. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DigestClient, send } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, envelope, getRequest, objKey, tn } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({ settings: { SPPP_METRICS_PORT: '0' } });
});
afterAll(() => server.close());

/** Every sample by its name and labels, as written. */
async function samples(from: TestServer = server): Promise<Map<string, number>> {
  const { status, text } = await send(from.metricsUrl ?? '');
  expect(status).toBe(200);
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.replace(/ \S+$/, ''), Number(line.split(' ').at(-1))]));
}

/** The server counts a request after it has sent the answer, perhaps after the client has it. */
async function until(name: string, value: number, from: TestServer = server): Promise<void> {
  await expect.poll(async () => (await samples(from)).get(name), { message: name, interval: 10 }).toBe(value);
}

const requests = (operation: string, code: number | string, mode = 'atomic') =>
  `sppp_requests_total{operation="${operation}",mode="${mode}",code="${code}"}`;
const objects = (verb: string, noun: string, outcome: string) =>
  `sppp_objects_total{verb="${verb}",noun="${noun}",outcome="${outcome}"}`;
const refusals = (registrar: string, status: number, reason: string) =>
  `sppp_refusals_total{registrar="${registrar}",status="${status}",reason="${reason}"}`;

describe('requests and objects', () => {
  it('are counted by operation, mode and code, and by outcome', async () => {
    await server.post(addRequest(destGrp('ONE'), destGrp('TWO'), tn('12025550100', ['ONE'])));
    await until(requests('submitAddRqst', 1000), 1);
    await until(objects('add', 'DestGrp', 'done'), 2);
    await until(objects('add', 'PubId', 'done'), 1);

    // Atomic: the one that fails, and those that went with it. Partial: each for itself. Validate: nothing stays.
    const mixed = addRequest(destGrp('THREE'), destGrp('x'), destGrp('FOUR'));
    await server.post(mixed);
    await until(objects('add', 'DestGrp', 'undone'), 2);
    await until(objects('add', 'DestGrp', 'failed'), 1);
    await server.post(mixed, { path: '/sppp/partial' });
    await until(objects('add', 'DestGrp', 'done'), 4);
    await server.post(mixed, { path: '/sppp/validate' });
    await until(objects('add', 'DestGrp', 'undone'), 4);
    await until(objects('add', 'DestGrp', 'failed'), 3);
    await until(requests('submitAddRqst', 2100, 'partial'), 1);
    await until(requests('submitAddRqst', 2100, 'validate'), 1);

    await server.post(getRequest(objKey('DestGrp', 'ONE'), objKey('DestGrp', 'TWO')));
    await until(objects('get', 'DestGrp', 'done'), 2);
    await server.post(getRequest(objKey('DestGrp', 'ONE', 'iana-en:111')));
    await until(objects('get', 'DestGrp', 'failed'), 1);
    await server.post(delRequest(objKey('DestGrp', 'ONE'), objKey('DestGrp', 'GONE')));
    await until(objects('delete', 'DestGrp', 'undone'), 1);
    await until(objects('delete', 'DestGrp', 'failed'), 1);
  });

  it('that were not messages are counted by the status of their answer', async () => {
    await server.post('<x');
    await until(requests('none', 500), 1);
    await server.post(addRequest(destGrp('CUT'), destGrp('CUT2')).slice(0, -60));
    await until(requests('none', 500), 2);
    await server.post('', { headers: { 'content-type': 'text/plain' } });
    await until(requests('none', 415), 1);
    await until(refusals('iana-en:223', 415, 'unread'), 1);
  });

  it('have a histogram of their times, and their archived bytes a size', async () => {
    const before = await samples();
    await server.post(envelope('<s:spppServerStatusRequest/>'));
    const labels = 'operation="submitServerStatusRqst",mode="atomic"';
    await until(`sppp_request_duration_seconds_count{${labels}}`, 1);
    const after = await samples();
    expect(after.get(`sppp_request_duration_seconds_bucket{le="+Inf",${labels}}`)).toBe(1);
    const kept = 'sppp_kept_request_bytes_total';
    expect((after.get(kept) ?? 0) - (before.get(kept) ?? 0)).toBe(
      Buffer.byteLength(envelope('<s:spppServerStatusRequest/>')),
    );
  });
});

describe('refusals', () => {
  it('without a login, with a wrong password, after too many of them: by reason; names are not labels', async () => {
    const post = { method: 'POST', headers: { 'content-type': 'text/xml', connection: 'close' }, body: '' };
    const missing = (await samples()).get(refusals('', 401, 'missing')) ?? 0;
    const guesser = new DigestClient({ username: 'some-unknown-name', password: 'guess' });
    for (let n = 0; n < 12; n++) await guesser.send(`${server.url}/sppp`, post);
    await until(refusals('', 401, 'missing'), missing + 1);
    await until(refusals('', 401, 'wrong'), 10);
    await until(refusals('', 429, 'throttled'), 2);
    await until('sppp_failed_logins_total', 10);
    expect((await send(server.metricsUrl ?? '')).text).not.toContain('some-unknown-name');
  });

  it('over a rate: by registrar and by rate', async () => {
    const slow = await startServer({ settings: { SPPP_METRICS_PORT: '0', SPPP_RATE_REQUESTS: '1/3600' } });
    try {
      for (let n = 0; n < 13; n++) await slow.post(envelope('<s:spppServerStatusRequest/>'), { as: 'ssp3' });
      await until(refusals('iana-en:225', 2300, 'requests'), 10, slow);
      await until(refusals('iana-en:225', 429, 'tooMany'), 2, slow);
    } finally {
      await slow.close();
    }
  });

  it('before a request: connections that send other bytes than HTTP', async () => {
    const connection = await RawConnection.open(server.url);
    connection.write('\x16\x03\x01\x02');
    await connection.ended();
    await until('sppp_broken_connections_total{reason="malformed"}', 1);
    const headers = await RawConnection.open(server.url);
    headers.write(`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`);
    await headers.ended();
    await until('sppp_broken_connections_total{reason="headers"}', 1);
  });
});

describe('work in progress', () => {
  it('connections, large requests, shared commits, the database, the process and its version', async () => {
    const seen = await samples();
    for (const name of [
      'sppp_bulk_running',
      'sppp_bulk_waiting',
      'sppp_group_commit_waiting',
      'sppp_database_waiting',
      'sppp_http_connections',
      'sppp_lookups_total',
      'sppp_lookup_statements_total',
      'sppp_lookups_warm',
      'sppp_database_connections{state="busy"}',
      'sppp_database_connections{state="idle"}',
      'process_resident_memory_bytes',
      'process_cpu_seconds{kind="user"}',
      'sppp_event_loop_delay_seconds{quantile="0.99"}',
    ]) {
      expect(seen.get(name), name).toBeGreaterThanOrEqual(0);
    }
    expect([...seen.keys()].find((name) => name.startsWith('sppp_build_info'))).toMatch(
      /^sppp_build_info\{version="\d+\.\d+\.\d+",node="\d+\.\d+\.\d+"\}$/,
    );
    expect(seen.get('sppp_database_connections{state="busy"}')).toBeGreaterThanOrEqual(1); // One listens for changes.
  });

  it('large requests, running and waiting', async () => {
    const narrow = await startServer({ settings: { SPPP_METRICS_PORT: '0', SPPP_BULK_IN_ALL: '1' } });
    const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
    const url = `${narrow.url}/sppp`;
    await client.send(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body: '' });
    // Two whole sets, and the third has begun.
    const large = Buffer.from(addRequest(...Array.from({ length: 9000 }, (_, n) => destGrp(`LARGE_${n}`))));
    const begin = async () => {
      const connection = await RawConnection.open(narrow.url);
      connection.writeHead('POST', '/sppp', {
        'Content-Type': 'text/xml',
        'Content-Length': String(large.length),
        Authorization: client.authorization(url, 'POST'),
      });
      connection.write(large.subarray(0, large.length - 50));
      return connection;
    };
    try {
      const open = [await begin()];
      await until('sppp_bulk_running', 1, narrow);
      open.push(await begin());
      await until('sppp_bulk_waiting', 1, narrow);
      for (const connection of open) connection.close();
      await until('sppp_bulk_waiting', 0, narrow);
      await until('sppp_bulk_running', 0, narrow);
    } finally {
      await narrow.close();
    }
  });
});

describe('the metrics port', () => {
  it('is the only place of metrics, never the port of requests', async () => {
    for (const path of ['/metrics', '/metrics/', '/sppp/metrics']) {
      expect((await send(server.url + path)).status).toBe(404);
    }
    const { protocol, hostname } = new URL(server.metricsUrl ?? '');
    expect({ protocol, hostname }).toEqual({ protocol: 'http:', hostname: '127.0.0.1' });
  });

  it('serves text that Prometheus reads, and nothing else', async () => {
    const url = server.metricsUrl ?? '';
    const { headers, text } = await send(url);
    expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
    const line = /^(?:# (?:HELP|TYPE) \S+ .+|[a-z_]+(?:\{[a-z]+="[^"]*"(?:,[a-z]+="[^"]*")*\})? \S+|)$/;
    expect(text.split('\n').filter((each) => !line.test(each))).toEqual([]);
    for (const path of ['/', '/sppp?wsdl', '/health']) {
      expect((await send(new URL(path, url).href)).status).toBe(404);
    }
  });

  it('is off unless it is set', async () => {
    const silent = await startServer();
    try {
      expect(silent.metricsUrl).toBeUndefined();
    } finally {
      await silent.close();
    }
  });

  it('prevents the start if it is in use', async () => {
    const { port } = new URL(server.metricsUrl ?? '');
    await expect(startServer({ settings: { SPPP_METRICS_PORT: port } })).rejects.toThrow('EADDRINUSE');
  });
});

describe('labels', () => {
  it('have values of the server only: no text of a client becomes one', async () => {
    const series = async () => (await samples()).size;
    const before = await series();
    for (let n = 0; n < 20; n++) {
      await server.post(envelope(`<s:unknown${n}/>`), { headers: { soapaction: `x${n}`, 'user-agent': `agent-${n}` } });
      await send(`${server.url}/path-${n}`, { method: 'POST', body: `${n}` });
      await server.post(getRequest(objKey('DestGrp', `NAME_${n}`, `iana-en:${n}`)));
    }
    await until(requests('submitGetRqst', 2103), 21);
    // A code or a bucket that had not been seen before at the most.
    expect((await series()) - before).toBeLessThan(25);
  });

  it('count registrars beyond the first thousand as other', async () => {
    const { Metrics } = await import('../../src/http/metrics.js');
    const metrics = new Metrics();
    for (let n = 0; n < 3000; n++) metrics.refused(429, 'tooMany', `iana-en:${n}`);
    const text = await metrics.text();
    expect(text.match(/^sppp_refusals_total\{/gm)).toHaveLength(1001);
    expect(text).toContain('sppp_refusals_total{registrar="other",status="429",reason="tooMany"} 2000');
  });
});
