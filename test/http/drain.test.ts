/** The shutdown of a server, as its clients see it. */

import { afterEach, expect, it } from 'vitest';
import { authorization, nonceOf } from '../support/digest-answer.js';
import { DigestClient, send } from '../support/digest-client.js';
import { addRequest, destGrp, readAnswer } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import { startServer, type TestServer } from '../support/server.js';

const ENDS = Number(process.env.SPPP_TEST_ENDS ?? 4);
const CLIENTS = 8;

const GET = 'GET /sppp?wsdl HTTP/1.1\r\nHost: a\r\n\r\n';

const open: RawConnection[] = [];

afterEach(() => {
  for (const connection of open.splice(0)) connection.close();
});

async function connect({ url }: TestServer): Promise<RawConnection> {
  const connection = await RawConnection.open(url);
  open.push(connection);
  return connection;
}

/** A request in progress, and its body. */
async function begin(server: TestServer): Promise<{ connection: RawConnection; body: string }> {
  const challenge = await send(`${server.url}/sppp`, { method: 'POST' });
  const connection = await connect(server);
  const body = addRequest(destGrp('UNDER_WAY'));
  connection.writeHead('POST', '/sppp', {
    'Content-Type': 'text/xml',
    'Content-Length': String(body.length),
    Expect: '100-continue',
    Authorization: authorization({ nonce: nonceOf(challenge) }),
  });
  expect((await connection.answer()).status).toBe(100);
  return { connection, body };
}

it('does not wait for connections without a whole request', async () => {
  const server = await startServer({ settings: { SPPP_HEADERS_TIMEOUT: '300000', SPPP_DRAIN_TIMEOUT: '600000' } });
  const idle = await connect(server);
  idle.write(GET);
  expect((await idle.answer()).status).toBe(200);
  const others = [];
  for (const sent of ['', 'POST /sppp HTTP/1.1\r\n', 'POST /sppp HTTP/1.1\r\nHost: a\r\nX-Slow: ']) {
    const connection = await connect(server);
    connection.write(sent);
    others.push(connection);
  }
  await server.close();
  for (const connection of [idle, ...others]) await connection.ended();
});

it('answers requests in progress, refuses new ones, and announces the end of the connection to both', async () => {
  const server = await startServer();
  const idle = await connect(server);
  idle.write(GET);
  expect((await idle.answer()).status).toBe(200);
  const { connection, body } = await begin(server);

  const closed = server.close();
  idle.write(GET);
  const refused = await idle.answer();
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('5');
  expect(refused.headers.get('connection')).toBe('close');
  await idle.ended();

  connection.write(body);
  const answer = await connection.answer();
  expect(answer.headers.get('connection')).toBe('close');
  expect(readAnswer(answer.body).code).toBe(1000);
  await connection.ended();
  await closed;
});

it('aborts the requests that are in progress when its time is over, and journals them', async () => {
  const server = await startServer({ settings: { SPPP_DRAIN_TIMEOUT: '100' } });
  const { connection } = await begin(server);
  const { pool } = server.deps.database;
  const end = pool.end.bind(pool);
  let journalled: unknown[] = [];
  // The last moment at which the server's own connections are there.
  pool.end = async () => {
    journalled = (await pool.query('SELECT message FROM sppp_api.transaction')).rows;
    await end();
  };
  await server.close();
  await connection.ended();
  expect(journalled).toEqual([{ message: 'the connection was lost' }]);
});

it(`cuts no request of ${CLIENTS} clients that send one after the other, in ${ENDS} ends`, {
  timeout: 10_000 * ENDS,
}, async () => {
  for (let end = 0; end < ENDS; end += 1) {
    const server = await startServer();
    const sending = Array.from({ length: CLIENTS }, (_, n) => sendUntilRefused(server, n));
    await expect
      .poll(async () => (await server.sql('SELECT FROM sppp_api.destination_group')).length)
      .toBeGreaterThan(CLIENTS);
    const [, ...refusals] = await Promise.all([server.close(), ...sending]);
    expect(refusals.filter((refusal) => refusal !== 503 && refusal !== 'ECONNREFUSED')).toEqual([]);
  }
});

/** The end of a connection: a status other than 200, or the system's error. */
async function sendUntilRefused({ url }: TestServer, n: number): Promise<number | string> {
  const client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
  for (let sent = 0; ; sent += 1) {
    const body = addRequest(destGrp(`DG_${n}_${sent}`));
    try {
      const { status } = await client.send(`${url}/sppp`, {
        method: 'POST',
        headers: { 'content-type': 'text/xml' },
        body,
      });
      if (status !== 200) return status;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
}
