/** The console at a port of its own: there alone, and with nothing else. */

import { afterAll, beforeAll, expect, it } from 'vitest';
import { send } from '../support/digest-client.js';
import { PageReader } from '../support/page-reader.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
let ofConsole: string;
beforeAll(async () => {
  server = await startServer({ settings: { SPPP_CONSOLE_PORT: '0', SPPP_METRICS_PORT: '0' } });
  ofConsole = server.consoleUrl ?? '';
});
afterAll(() => server.close());

it('answers there, and leads there whoever asks for its root', async () => {
  const reader = new PageReader(ofConsole);
  expect((await reader.logIn('ssp2r', 'ssp2r')).status).toBe(303);
  expect((await reader.get('/console')).text).toContain('ssp2r, iana-en:223');
  expect(await reader.get('/')).toMatchObject({ status: 303, headers: { location: '/console' } });
});

it.each(['/console', '/console/login', '/console/style.css', '/console/nothing'])(
  'is not at the port of the other resources: %s',
  async (path) => {
    expect((await send(server.url + path)).status).toBe(404);
    expect((await send(server.url + path, { method: 'POST' })).status).toBe(404);
  },
);

it.each(['/sppp', '/sppp?wsdl', '/lookup/1', '/health', '/operator/status', '/about', '/metrics'])(
  'has nothing else beside it: %s',
  async (path) => {
    expect(await send(ofConsole + path)).toMatchObject({
      status: 404,
      text: 'Unknown path; this port has the console alone, at /console.\n',
    });
  },
);

it('is not among the resources of the other port', async () => {
  expect((await send(server.url)).text).not.toContain('/console');
});

it('counts in the metrics of the node, and its wrong passwords with all others', async () => {
  const connection = await RawConnection.open(ofConsole);
  const { text } = await send(server.metricsUrl ?? '');
  expect(Number(/^sppp_http_connections (\d+)$/m.exec(text)?.[1])).toBeGreaterThanOrEqual(1);
  connection.end();
  const reader = new PageReader(ofConsole);
  for (let guess = 0; guess < 10; guess++) await reader.logIn('ssp4', `guess ${guess}`);
  expect((await server.post('<x/>', { as: 'ssp4' })).status).toBe(429);
});

it('ends with the server, and a port that is taken ends the start', async () => {
  const other = await startServer({ settings: { SPPP_CONSOLE_PORT: '0' } });
  const { origin } = new URL(other.consoleUrl ?? '');
  expect((await send(`${origin}/console/login`)).status).toBe(200);
  await other.close();
  await expect(send(`${origin}/console/login`)).rejects.toThrow('ECONNREFUSED');
  const { port } = new URL(ofConsole);
  await expect(startServer({ settings: { SPPP_CONSOLE_PORT: port } })).rejects.toThrow('EADDRINUSE');
});
