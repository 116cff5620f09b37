/** Clients that stall, disconnect or arrive in crowds: the others are served, and no request is half done. */

import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AttackedServer, startAttackedServer } from '../support/attacked-server.js';
import { DigestClient } from '../support/digest-client.js';
import { addRequest, delRequest, destGrp, getRequest, objKey, readAnswer, tn } from '../support/message.js';
import { RawConnection } from '../support/raw-http.js';
import '../support/long-timeouts.js';

let attacked: AttackedServer;
let client: DigestClient;
let url: string;

beforeAll(async () => {
  attacked = await startAttackedServer({ SPPP_DATABASE_CONNECTIONS: '6' });
  url = `${attacked.server.url}/sppp`;
  client = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
  const asked = {
    method: 'POST',
    headers: { 'content-type': 'text/xml' },
    body: getRequest(objKey('DestGrp', 'FULL_DG')),
  };
  expect((await client.send(url, asked)).status).toBe(200);
});
afterAll(() => attacked.server.close());
afterEach(() => attacked.expectUnharmed());

const bulk = addRequest(...Array.from({ length: 500 }, (_, n) => tn(`1303${String(n).padStart(7, '0')}`, ['FULL_DG'])));

/** A request that has declared its length, and has sent its first bytes. */
async function begin(sent: Uint8Array, length: number): Promise<RawConnection> {
  const connection = await RawConnection.open(attacked.server.url);
  connection.writeHead('POST', '/sppp', {
    'Content-Type': 'text/xml; charset=utf-8',
    'Content-Length': String(length),
    Authorization: client.authorization(url, 'POST'),
  });
  if (sent.length > 0) connection.write(sent);
  return connection;
}

/** Waits until no request is in progress: the database has no open transaction, and every journal row is closed. */
async function untilQuiet(): Promise<void> {
  const busy = `SELECT pid FROM pg_stat_activity
                 WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`;
  while ((await attacked.server.sql(busy)).length > 0) await delay(10);
}

describe('a client that disconnects', () => {
  const bytes = Buffer.from(bulk);
  const last = bytes.length - 1;
  it.each([0, 1, 100, 400, 1000, Math.floor(last / 4), Math.floor(last / 2), last - 100, last - 20, last])(
    'after %i bytes of a request with 500 numbers has added none',
    async (offset) => {
      const connection = await begin(bytes.subarray(0, offset), bytes.length);
      // The server has the bytes when it answers a later message.
      expect((await fetch(`${attacked.server.url}/health`)).status).toBe(200);
      connection.close();
      await untilQuiet();
      const added = `SELECT count(*)::int AS n FROM sppp.public_identifier WHERE value LIKE '1303%'`;
      expect(await attacked.server.sql(added)).toEqual([{ n: 0 }]);
    },
  );

  it('before it has read its answer has added all objects or none', async () => {
    for (let round = 0; round < 5; round++) {
      const connection = await begin(bytes, bytes.length);
      await delay(round * 15);
      connection.close();
      await untilQuiet();
      const [row] = await attacked.server.sql<{ n: number; open: number }>(
        `SELECT (SELECT count(*)::int FROM sppp.public_identifier WHERE value LIKE '1303%') AS n,
                (SELECT count(*)::int FROM sppp.transaction WHERE answered_at IS NULL) AS open`,
      );
      expect([0, 500]).toContain(row?.n);
      expect(row?.open).toBe(0);
      await attacked.server.sql(`DELETE FROM sppp.public_identifier WHERE value LIKE '1303%'`);
    }
  });

  it('in the middle of a chunk, or after an invalid chunk, has added none', async () => {
    for (const tail of ['ffff\r\nabc', 'zz\r\n', `${'0'.repeat(100_000)}`, '-1\r\n']) {
      const connection = await RawConnection.open(attacked.server.url);
      connection.writeHead('POST', '/sppp', {
        'Content-Type': 'text/xml',
        'Transfer-Encoding': 'chunked',
        Authorization: client.authorization(url, 'POST'),
      });
      const start = bytes.subarray(0, 5000);
      connection.write(`${start.length.toString(16)}\r\n`);
      connection.write(start);
      connection.write(`\r\n${tail}`);
      connection.close();
    }
    await untilQuiet();
  });
});

describe('clients that stall', () => {
  it('in the middle of a body delay no other client, however many there are', async () => {
    const bytes = Buffer.from(bulk);
    // More clients than connections to the database, each with whole objects sent already.
    const stalled = await Promise.all(Array.from({ length: 12 }, () => begin(bytes.subarray(0, 30_000), bytes.length)));
    const got = await attacked.server.post(getRequest(objKey('DestGrp', 'FULL_DG')));
    expect(readAnswer(got.text)).toMatchObject({ code: 1000, resultObjs: [{ type: 'DestGrpType' }] });
    const added = await attacked.server.post(addRequest(destGrp('MEANWHILE')));
    expect(readAnswer(added.text).code).toBe(1000);
    expect(readAnswer((await attacked.server.post(delRequest(objKey('DestGrp', 'MEANWHILE')))).text).code).toBe(1000);
    for (const connection of stalled) connection.close();
    await untilQuiet();
  });

  it('with a large body that has begun delay no other client either', async () => {
    // Longer than one run: the first of its objects are at work in the database when the client stalls.
    const many = Array.from({ length: 5000 }, (_, n) => destGrp(`STALLED_${n}`));
    const large = Buffer.from(addRequest(...many));
    const stalled = await Promise.all(
      Array.from({ length: 8 }, () => begin(large.subarray(0, large.length - 50), large.length)),
    );
    const got = await attacked.server.post(getRequest(objKey('DestGrp', 'FULL_DG')));
    expect(readAnswer(got.text).code).toBe(1000);
    for (const connection of stalled) connection.close();
    await untilQuiet();
  });

  it('are disconnected when their time is over', async () => {
    const hasty = await startAttackedServer({ SPPP_REQUEST_TIMEOUT: '300', SPPP_HEADERS_TIMEOUT: '200' });
    try {
      const silent = await RawConnection.open(hasty.server.url);
      silent.write('POST /sppp HTTP/1.1\r\nHost: x\r\nX-Slow: ');
      expect((await silent.answer()).status).toBe(408);
      await silent.ended();

      const own = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
      const address = `${hasty.server.url}/sppp`;
      await own.send(address, {
        method: 'POST',
        headers: { 'content-type': 'text/xml' },
        body: bulk.slice(0, 100),
      });
      const slow = await RawConnection.open(hasty.server.url);
      slow.writeHead('POST', '/sppp', {
        'Content-Type': 'text/xml',
        'Content-Length': '1000000',
        Authorization: own.authorization(address, 'POST'),
      });
      slow.write(bulk.slice(0, 20_000));
      await slow.ended();
      await hasty.expectUnharmed();
    } finally {
      await hasty.server.close();
    }
  });
});

describe('bytes that are not HTTP', () => {
  it.each([
    ['a header line of 1 MB', `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(1_000_000)}\r\n\r\n`],
    ['headers without end', `GET /health HTTP/1.1\r\nHost: x\r\n${'X: y\r\n'.repeat(10_000)}`],
    ['a request line without end', `GET /${'x'.repeat(1_000_000)}`],
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['two lengths', 'POST /sppp HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde'],
    [
      'a length and chunks',
      'POST /sppp HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a line feed for a line end', 'POST /sppp HTTP/1.1\nHost: x\nTransfer-Encoding : chunked\n\n0\n\n'],
    [
      'an obsolete folded header',
      'GET /health HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\nTransfer-Encoding\r\n : chunked\r\n\r\n',
    ],
  ])('%s: the connection is refused and closed', async (_, bytes) => {
    const connection = await RawConnection.open(attacked.server.url);
    connection.write(bytes);
    await connection.ended();
  });
});

describe('a crowd', () => {
  it('of 64 clients at once, reading and writing: each gets its own answer', async () => {
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, n) => {
        const name = `CROWD_${n}`;
        const own = new DigestClient({ username: 'ssp2r', password: 'ssp2r' });
        const send = async (body: string) =>
          readAnswer((await own.send(url, { method: 'POST', headers: { 'content-type': 'text/xml' }, body })).text);
        const added = await send(addRequest(destGrp(name), tn(`1404555${1000 + n}`, [name])));
        const got = await send(getRequest(objKey('DestGrp', name)));
        const gone = await send(
          delRequest(
            objKey('DestGrp', name),
            `<objKey xsi:type="s:PubIdKeyType"><rant>iana-en:222</rant><number><b:value>1404555${1000 + n}</b:value><b:type>TN</b:type></number></objKey>`,
          ),
        );
        return [added.code, got.code, got.resultObjs[0]?.children.at(-1)?.text, gone.code];
      }),
    );
    expect(answers).toEqual(Array.from({ length: 64 }, (_, n) => [1000, 1000, `CROWD_${n}`, 1000]));
  });

  it('of 32 clients at once that write the same numbers: all succeed, one after the other', async () => {
    const numbers = Array.from({ length: 50 }, (_, n) => tn(`1505555${1000 + n}`, ['FULL_DG']));
    const answers = await Promise.all(
      Array.from({ length: 32 }, async (_, n) => {
        const mixed = n % 2 === 0 ? numbers : [...numbers].reverse();
        const { text } = await attacked.server.post(addRequest(...mixed));
        return readAnswer(text).code;
      }),
    );
    expect(answers).toEqual(Array(32).fill(1000));
    const added = `SELECT count(*)::int AS n, count(DISTINCT value)::int AS each FROM sppp.public_identifier WHERE value LIKE '1505%'`;
    expect(await attacked.server.sql(added)).toEqual([{ n: 50, each: 50 }]);
    await attacked.server.sql(`DELETE FROM sppp.public_identifier WHERE value LIKE '1505%'`);
  });
});

describe('a client without a valid login', () => {
  it('gets its answer before it sends the body, which nobody reads', async () => {
    const connection = await RawConnection.open(attacked.server.url);
    connection.writeHead('POST', '/sppp', { 'Content-Type': 'text/xml', 'Content-Length': '60000000' });
    expect((await connection.answer()).status).toBe(401);
    connection.close();
  });

  it('can guess ten passwords, then must wait; the owner of the name need not', async () => {
    const guesser = new DigestClient({ username: 'ssp2r', password: 'guess' });
    const guess = () =>
      guesser.send(url, { method: 'POST', headers: { 'content-type': 'text/xml', connection: 'close' }, body: '' });
    const statuses: number[] = [];
    for (let n = 0; n < 12; n++) statuses.push((await guess()).status);
    expect(statuses).toEqual([...Array(10).fill(401), 429, 429]);
    const unknown = new DigestClient({ username: 'nobody', password: 'guess' });
    const { status, text } = await unknown.send(url, { method: 'POST', headers: {}, body: '' });
    expect({ status, text }).toEqual({ status: 401, text: 'The user name or password is wrong.\n' });
  });
});
