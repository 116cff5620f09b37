/** Trace headers in answers and logs, and the server's description of itself (RFC 3897 §3). */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setTrace } from '../../src/registry/access/trace-level.js';
import { DigestClient, send } from '../support/digest-client.js';
import { collectLog } from '../support/log-lines.js';
import { addRequest, destGrp, envelope, readAnswer } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const status = envelope('<s:spppServerStatusRequest/>');
const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let server: TestServer;
beforeAll(async () => {
  server = await startServer({
    settings: {
      SPPP_SYSTEM_ID: 'registry.example',
      SPPP_NODE_ID: 'node-7',
      SPPP_OPERATOR: 'Example Registry Ltd',
      SPPP_CONTACT: 'noc@registry.example',
      SPPP_PRIVACY_POLICY: 'https://registry.example/privacy',
    },
  });
});
afterAll(() => server.close());

describe('the SPPP-Trace header of an answer', () => {
  it('has the transaction’s id, as the message has it', async () => {
    const { headers, text } = await server.post(addRequest(destGrp('TRACED')));
    expect(headers['sppp-trace']).toBe(`transaction=${readAnswer(text).serverTransId}`);
  });

  it('is present if the message has no id: queries, failures', async () => {
    for (const xml of [status, addRequest(destGrp('x'))]) {
      const id = /^transaction=(.+)$/.exec(String((await server.post(xml)).headers['sppp-trace']))?.[1];
      expect(await server.sql('SELECT registrar FROM sppp_api.transaction WHERE server_trans_id = $1', [id])).toEqual([
        { registrar: 'iana-en:223' },
      ]);
    }
  });

  it('has the level that the operator has set for the registrar', async () => {
    const { prisma } = server.deps.database;
    await setTrace(prisma, 'iana-en:225', 'full');
    await setTrace(prisma, 'iana-en:226', 'none');
    const traceHeader = async (as: 'ssp3' | 'ssp4') => (await server.post(status, { as })).headers['sppp-trace'];
    while (
      !/^system=registry\.example; node=node-7; transaction=[0-9a-f-]{36}$/.test(String(await traceHeader('ssp3')))
    );
    expect(await traceHeader('ssp4')).toBeUndefined();
    expect(await server.sql(`SELECT org_id, trace FROM sppp_api.organization WHERE trace <> 'id' ORDER BY 1`)).toEqual([
      { org_id: 'iana-en:225', trace: 'full' },
      { org_id: 'iana-en:226', trace: 'none' },
    ]);
  });

  it('is present with a fault, too: an unreadable request is in the journal as well', async () => {
    const { status: code, headers } = await server.post('<x');
    expect(code).toBe(500);
    const id = /^transaction=(.+)$/.exec(String(headers['sppp-trace']))?.[1];
    expect(await server.sql('SELECT registrar FROM sppp_api.transaction WHERE server_trans_id = $1', [id])).toEqual([
      { registrar: 'iana-en:223' },
    ]);
  });

  it('is absent without authentication', async () => {
    const { status: code, headers } = await send(`${server.url}/sppp`, { method: 'POST', body: status });
    expect({ code, trace: headers['sppp-trace'] }).toEqual({ code: 401, trace: undefined });
  });

  it('is not taken from the request', async () => {
    const { headers } = await server.post(status, { headers: { 'sppp-trace': 'transaction=mine; system=x' } });
    expect(headers['sppp-trace']).not.toContain('mine');
  });
});

describe('a W3C trace', () => {
  it('continues in the answer with the server’s own part', async () => {
    const { headers } = await server.post(status, { headers: { traceparent } });
    expect(headers.traceparent).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    expect(headers.traceparent).not.toContain('00f067aa0ba902b7');
  });

  it('is in refusals as well, and not begun without one', async () => {
    const refused = await send(`${server.url}/sppp`, { method: 'POST', headers: { traceparent }, body: '' });
    expect(refused.headers.traceparent).toContain('4bf92f3577b34da6a3ce929d0e0e4736');
    for (const header of [undefined, 'nonsense', `${traceparent}\t`.repeat(2)]) {
      const { headers } = await server.post(status, { headers: header === undefined ? {} : { traceparent: header } });
      expect(headers.traceparent).toBeUndefined();
    }
  });

  it('is on the log lines of its request, with the transaction', async () => {
    const lines = collectLog(server.deps.log);
    server.deps.log.level = 'debug';
    try {
      const { headers } = await server.post(status, { headers: { traceparent } });
      const [, transaction] = /^transaction=(.+)$/.exec(String(headers['sppp-trace'])) ?? [];
      expect(lines).toContainEqual(
        expect.objectContaining({
          msg: 'answered',
          traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
          parentId: '00f067aa0ba902b7',
          spanId: String(headers.traceparent).split('-')[2],
          serverTransId: transaction,
          operation: 'submitServerStatusRqst',
          code: 1000,
        }),
      );
    } finally {
      server.deps.log.level = 'silent';
    }
  });
});

describe('/about', () => {
  it('names the operator, the contact and the protocol to every client', async () => {
    const { status: code, headers, text } = await send(`${server.url}/about`);
    expect(code).toBe(200);
    expect(headers['content-type']).toBe('application/json; charset=utf-8');
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
      version: string;
    };
    expect(JSON.parse(text)).toEqual({
      system: 'registry.example',
      operator: 'Example Registry Ltd',
      contact: 'noc@registry.example',
      privacyPolicy: 'https://registry.example/privacy',
      software: { name: 'sppp-server', version },
      protocol: {
        versions: ['1.0', '1.1'],
        objURI: ['urn:ietf:params:xml:ns:sppf:base:1'],
        extURI: expect.arrayContaining(['urn:sppp-server:mode:partial', 'urn:sppp-server:mode:validate']),
      },
      resources: ['/sppp', '/sppp/partial', '/sppp/validate'],
    });
  });

  it('names the same extensions as the Status answer', async () => {
    const { text } = await new DigestClient({ username: 'ssp1', password: 'ssp1' }).send(`${server.url}/sppp`, {
      method: 'POST',
      headers: { 'content-type': 'text/xml' },
      body: status,
    });
    const about = JSON.parse((await send(`${server.url}/about`)).text) as { protocol: { extURI: string[] } };
    expect(about.protocol.extURI).toEqual([...text.matchAll(/<[^>]*extURI>([^<]*)</g)].map(([, uri]) => uri));
  });

  it('does not name the node, the machine or the database, and has null for absent settings', async () => {
    expect((await send(`${server.url}/about`)).text).not.toMatch(/node-7|postgres|127\.0\.0\.1/);
    const bare = await startServer();
    try {
      expect(JSON.parse((await send(`${bare.url}/about`)).text)).toMatchObject({
        system: 'sppp-server',
        operator: null,
        contact: null,
        privacyPolicy: null,
      });
    } finally {
      await bare.close();
    }
  });
});
