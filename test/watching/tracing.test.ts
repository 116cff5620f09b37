/** OpenTelemetry traces as a collector receives them, over real HTTP (OTLP, JSON). */

import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { send } from '../support/digest-client.js';
import { addRequest, destGrp, envelope, objKey, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: { key: string; value: { stringValue?: string; intValue?: number } }[];
  readonly status: { code?: number };
}

interface Export {
  readonly resourceSpans: { resource: Pick<Span, 'attributes'>; scopeSpans: { spans: Span[] }[] }[];
}

let collector: Server;
let server: TestServer;
const paths: string[] = [];
const exports: Export[] = [];

async function receive(request: IncomingMessage): Promise<void> {
  const body = await buffer(request);
  const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  paths.push(`${request.method} ${request.url} ${request.headers['content-type']}`);
  exports.push(JSON.parse(text.toString()) as Export);
}

beforeAll(async () => {
  collector = createServer((request, response) => {
    void receive(request).then(() => response.writeHead(200, { 'content-type': 'application/json' }).end('{}'));
  });
  await new Promise<void>((resolve) => {
    collector.listen(0, '127.0.0.1', resolve);
  });
  const settings = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint(), OTEL_BSP_SCHEDULE_DELAY: '50' };
  server = await startServer({ settings: { ...settings, SPPP_SYSTEM_ID: 'registry' } });
});
afterAll(async () => {
  await server.close();
  collector.close();
});

const endpoint = () => `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
const spans = () => exports.flatMap((each) => each.resourceSpans.flatMap((r) => r.scopeSpans.flatMap((s) => s.spans)));
const known = ({ attributes }: Pick<Span, 'attributes'>) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]));

/** All spans of a trace, when its root has arrived: its parts end before it. */
async function traceOf(traceId: string, among: () => Span[] = spans): Promise<{ root: Span; parts: Span[] }> {
  for (;;) {
    const own = among().filter((span) => span.traceId === traceId);
    const root = own.find(({ kind }) => kind === 2);
    if (root !== undefined) return { root, parts: own.filter((span) => span !== root) };
    await delay(50);
  }
}

const traceId = (header: unknown) => String(header).split('-')[1] ?? '';

describe('a request', () => {
  it('is one span in the trace of its client, with its parts inside', async () => {
    const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { headers, text } = await server.post(addRequest(destGrp('TRACED')), { headers: { traceparent: parent } });
    const { root, parts } = await traceOf('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(headers.traceparent).toBe(`00-4bf92f3577b34da6a3ce929d0e0e4736-${root.spanId}-01`);
    expect(root.parentSpanId).toBe('00f067aa0ba902b7');
    expect(root.name).toBe('POST /sppp');
    expect(known(root)).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/sppp',
      'http.response.status_code': 200,
      'sppp.registrar': 'iana-en:223',
      'sppp.operation': 'submitAddRqst',
      'sppp.mode': 'atomic',
      'sppp.code': 1000,
      'sppp.objects': 1,
      'sppp.transaction': readAnswer(text).serverTransId,
    });
    const names = parts.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['authenticate', 'read', 'carry out', 'BEGIN', 'open journal rows', 'COMMIT', 'answer']),
    );
    expect(names.filter((name) => name === 'COMMIT')).toHaveLength(1);
    for (const part of parts) {
      expect(part.parentSpanId).toBe(root.spanId);
      expect(BigInt(part.startTimeUnixNano) >= BigInt(root.startTimeUnixNano)).toBe(true);
      expect(BigInt(part.endTimeUnixNano) <= BigInt(root.endTimeUnixNano)).toBe(true);
    }
  });

  it('without a trace of its client begins one, and returns it', async () => {
    const { headers } = await server.post(addRequest(tn('12025550100')));
    const { root, parts } = await traceOf(traceId(headers.traceparent));
    expect(root.parentSpanId ?? '').toBe('');
    expect(parts.map(({ name }) => name)).toContain('carry out');
  });

  it('that the client does not record is not exported', async () => {
    const unrecorded = '00-11112222333344445555666677778888-00f067aa0ba902b7-00';
    const { headers } = await server.post(envelope('<s:spppServerStatusRequest/>'), {
      headers: { traceparent: unrecorded },
    });
    expect(headers.traceparent).toMatch(/^00-11112222333344445555666677778888-[0-9a-f]{16}-00$/);
    const { headers: later } = await server.post(envelope('<s:spppServerStatusRequest/>'));
    await traceOf(traceId(later.traceparent));
    expect(spans().filter((span) => span.traceId === '11112222333344445555666677778888')).toEqual([]);
  });

  it('of many objects has no span per object, however many statements it takes', async () => {
    // Each number follows an addition of its group, new or repeated, so the server cannot bring items together.
    const many = Array.from({ length: 40 }, (_, n) => [
      destGrp('MANY_TIMES').replace('<obj ', '<addObj ').replace('</obj>', '</addObj>'),
      tn(`1202555${1000 + n}`, ['MANY_TIMES'])
        .replace('<obj ', '<addObj ')
        .replace('</obj>', '</addObj>'),
      objKey('DestGrp', 'MANY_TIMES').replaceAll('objKey', 'delObj'),
    ]);
    const batch = envelope(`<s:spppBatchRequest>${many.flat().join('')}</s:spppBatchRequest>`);
    const { headers, text } = await server.post(batch);
    expect(readAnswer(text).code).toBe(1000);
    const { root, parts } = await traceOf(traceId(headers.traceparent));
    expect(parts.length).toBeLessThanOrEqual(64);
    expect(known(root)['sppp.objects']).toBe(120);
    expect(Number(known(root)['sppp.parts'])).toBeGreaterThan(64);
  });

  it('of many new numbers has a span for their COPY, which ends', async () => {
    const numbers = Array.from({ length: 40 }, (_, n) => tn(`1303555${2000 + n}`));
    const { headers } = await server.post(addRequest(...numbers));
    const { parts } = await traceOf(traceId(headers.traceparent));
    const names = parts.map(({ name }) => name);
    expect(names.filter((name) => name === 'COPY')).toHaveLength(1);
    // A COPY that finds an existing number is rolled back, and its span ends as well.
    const again = await server.post(addRequest(...numbers));
    const retried = await traceOf(traceId(again.headers.traceparent));
    expect(retried.parts.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['COPY', 'ROLLBACK', 'replace public identifiers']),
    );
  });

  it('that is refused, and one that is not SPPP, is a span too; /health is not', async () => {
    const refused = await send(`${server.url}/sppp`, { method: 'POST', body: '' });
    const { root } = await traceOf(traceId(refused.headers.traceparent));
    expect(known(root)['http.response.status_code']).toBe(401);
    const fault = await server.post('<x');
    const broken = await traceOf(traceId(fault.headers.traceparent));
    expect(known(broken.root)).toMatchObject({ 'http.response.status_code': 500 });
    expect((await send(`${server.url}/health`)).headers.traceparent).toBeUndefined();
    expect((await send(`${server.url}/nowhere/secret-in-path?secret=query`)).status).toBe(404);
    expect(JSON.stringify(spans())).not.toContain('secret=query');
  });

  it('has no secret or personal data: no passwords, headers, numbers or names', () => {
    expect(JSON.stringify(exports)).not.toMatch(/ssp2r|authorization|Digest|TRACED|12025550100|MANY_/i);
  });
});

it('OpenTelemetry is loaded only if traces are on: one file imports it, and is imported when it is needed', () => {
  const folder = new URL('../../src/', import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const importing = (pattern: RegExp) =>
    files.filter((path) => pattern.test(readFileSync(new URL(path, folder), 'utf8')));
  expect(importing(/from '@opentelemetry/)).toEqual(['http/tracing.ts']);
  expect(importing(/from '[^']*\/tracing\.js'/)).toEqual([]);
  expect(importing(/await import\('[^']*\/tracing\.js'\)/)).toEqual(['deps.ts']);
});

it('spans come as OTLP in JSON, from a service with a name', () => {
  expect(new Set(paths)).toEqual(new Set(['POST /v1/traces application/json']));
  expect(known(exports[0]?.resourceSpans[0]?.resource ?? { attributes: [] })).toMatchObject({
    'service.name': 'sppp-server',
    'service.namespace': 'registry',
  });
});

it('a server that stops exports its remaining spans', async () => {
  const short = await startServer({ settings: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${endpoint()}/own/path` } });
  const { headers } = await short.post(envelope('<s:spppServerStatusRequest/>'));
  await short.close();
  expect(paths.at(-1)).toContain('/own/path');
  expect(spans().some((span) => span.traceId === traceId(headers.traceparent))).toBe(true);
});

it('an unavailable collector delays no request', async () => {
  const alone = await startServer({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' } });
  expect(readAnswer((await alone.post(addRequest(destGrp('ALONE')))).text).code).toBe(1000);
  await alone.close();
});

describe('the settings', () => {
  it('are OpenTelemetry’s own', () => {
    const tracing = (environment: Record<string, string>) => readConfig(environment).tracing;
    expect(tracing({})).toBeUndefined();
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
    expect(tracing(base)).toEqual({ endpoint: 'http://collector:4318/v1/traces', share: 1, delay: 5000 });
    expect(tracing({ ...base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://c/t' })?.endpoint).toBe('https://c/t');
    expect(tracing({ ...base, OTEL_TRACES_SAMPLER_ARG: '0.25' })?.share).toBe(0.25);
    for (const off of [{ OTEL_SDK_DISABLED: 'true' }, { OTEL_TRACES_EXPORTER: 'none' }]) {
      expect(tracing({ ...base, ...off })).toBeUndefined();
    }
  });

  it.each([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' },
      'OTEL_EXPORTER_OTLP_ENDPOINT=collector:4317: an http or https URL',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL=grpc: http/json',
    ],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://c', OTEL_TRACES_SAMPLER_ARG: '2' },
      'OTEL_TRACES_SAMPLER_ARG=2: a share from 0 to 1',
    ],
  ])('that are invalid prevent the start: %o', (environment, message) => {
    expect(() => readConfig(environment)).toThrow(message);
  });
});
