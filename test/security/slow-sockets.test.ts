/** A thousand clients that hold their connections and send almost nothing: others are served, and they are cut. */

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { send } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, objKey, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const SOCKETS = 1000;

let server: TestServer;
const sockets: Socket[] = [];

beforeAll(async () => {
  server = await startServer({
    settings: { SPPP_HEADERS_TIMEOUT: '5000', SPPP_REQUEST_TIMEOUT: '8000', SPPP_STALL_TIMEOUT: '3000' },
  });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await server.close();
});

/** Kinds of slow clients: no bytes, a line at intervals, headers without end, a body that does not arrive. */
function begin(socket: Socket, n: number, login: (n: number) => string): string {
  switch (n % 4) {
    case 0:
      return '';
    case 1:
      return 'POST /sppp HTTP/1.1\r\n';
    case 2:
      return 'POST /sppp HTTP/1.1\r\nHost: x\r\nX-Slow: ';
    default:
      socket.setNoDelay();
      return `POST /sppp HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 100000\r\nAuthorization: ${login(n)}\r\n\r\n<`;
  }
}

it('1,000 slow connections delay no other client, and are cut in time', async () => {
  const challenge = await send(`${server.url}/sppp`, { method: 'POST', headers: {}, body: '' });
  const login = (n: number) => authorization({ nonce: nonceOf(challenge), nc: (n + 1).toString(16).padStart(8, '0') });
  const { hostname, port } = new URL(server.url);
  let closed = 0;
  for (let n = 0; n < SOCKETS; n++) {
    const socket = connect(Number(port), hostname);
    socket
      .on('error', () => {})
      .on('close', () => {
        closed += 1;
      });
    socket.resume();
    sockets.push(socket);
    const start = begin(socket, n, login);
    if (start !== '') socket.write(start);
    if (n % 100 === 99) await delay(1);
  }
  const drip = setInterval(() => {
    for (const [n, socket] of sockets.entries()) if (n % 4 !== 0 && socket.writable) socket.write('x');
  }, 500);

  try {
    // Meanwhile a well-behaved client works, until the last slow one is disconnected.
    let served = 0;
    do {
      expect(readAnswer((await server.post(addRequest(destGrp('DECENT')))).text).code).toBe(1000);
      expect(readAnswer((await server.post(delRequest(objKey('DestGrp', 'DECENT')))).text).code).toBe(1000);
      expect((await fetch(`${server.url}/health`)).status).toBe(200);
      served += 3;
      await delay(20);
    } while (closed < SOCKETS);
    expect(served).toBeGreaterThan(3);
  } finally {
    clearInterval(drip);
  }
  const [left] = await server.sql(`SELECT count(*)::int AS n FROM sppp.destination_group`);
  expect(left).toEqual({ n: 0 });
}, 180_000);
