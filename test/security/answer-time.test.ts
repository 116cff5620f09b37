/** SPPP_ANSWER_TIMEOUT limits the time for a long answer, even if the client reads it steadily. */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, destGrp, getRequest, numberKey, readAnswer } from '../support/message.js';
import { startServer } from '../support/server.js';

const NUMBERS = 30_000;

it('an answer that takes too long is cut, even if the client reads it steadily', { timeout: 120_000 }, async () => {
  // Without a minimum rate, so that only the total time can end it.
  const server = await startServer({ settings: { SPPP_ANSWER_TIMEOUT: '2000', SPPP_LEAST_RATE: '0' } });
  try {
    const owner = { rant: 'iana-en:111', rar: 'iana-en:111' };
    expect(readAnswer((await server.post(addRequest(destGrp('GRP', owner)), { as: 'ssp1' })).text).code).toBe(1000);
    await server.sql(
      `INSERT INTO sppp.public_identifier (transaction_id, c_date, rant_id, rar_id, kind, value)
       SELECT (SELECT max(id) FROM sppp.transaction), now(), o.id, o.id, 'TN', (19000000000 + n)::text
         FROM generate_series(1, ${NUMBERS}) n, sppp.organization o WHERE o.org_id = 'iana-en:111'`,
    );
    const keys = Array.from({ length: NUMBERS }, (_, n) => numberKey('TN', String(19_000_000_001 + n), 'iana-en:111'));
    const body = getRequest(...keys);
    const client = new DigestClient({ username: 'ssp1', password: 'ssp1' });
    await client.send(`${server.url}/sppp`, { method: 'POST', body: '' });
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    await once(socket, 'connect');
    socket.pause();
    const authorization = client.authorization(`${server.url}/sppp`, 'POST');
    socket.write(
      `POST /sppp HTTP/1.1\r\nHost: a\r\nContent-Type: text/xml\r\nContent-Length: ${body.length}\r\n` +
        `Connection: close\r\nAuthorization: ${authorization}\r\n\r\n${body}`,
    );
    await once(socket, 'readable');
    let taken = '';
    while (!socket.destroyed && !socket.readableEnded) {
      taken += String(socket.read(Math.min(20_000, socket.readableLength)) ?? '');
      await delay(50);
    }
    expect(taken).toMatch(/^HTTP\/1\.1 200 /);
    expect(taken.endsWith('\r\n0\r\n\r\n'), 'it is whole').toBe(false);
    const journal = await server.sql(`SELECT code FROM sppp.transaction ORDER BY id DESC LIMIT 1`);
    expect(journal).toEqual([{ code: 1000 }]);
  } finally {
    await server.close();
  }
});
