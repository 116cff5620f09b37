import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.js';
import { startServer, type TestServer } from '../support/server.js';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

describe('x', () => {
  it('works', async () => {
    const c = connect({ url: server.url, user: 'ssp2r', password: 'ssp2r' });
    console.log(await c.status());
    const own = { rant: 'iana-en:222', rar: 'iana-en:223' };
    console.log(await c.add([{ kind: 'DestGrpType', ...own, dgName: 'DG_1' }]));
    console.log(await c.add(['+12025550101', '+1202X'].map((tn) => ({ kind: 'TNType', ...own, dgName: ['DG_1'], tn, sedRecRef: [] }))));
    console.log(await c.get([{ kind: 'ObjKeyType', rant: own.rant, name: 'DG_1', type: 'DestGrp' }]));
    const tns = Array.from({ length: 25000 }, (_, i) => ({ verb: 'add' as const, subject: { kind: 'TNType' as const, ...own, dgName: ['DG_1'], tn: `+1202${1000000 + i}`, sedRecRef: [] } }));
    for await (const p of c.bulk(tns, {perRequest: 5000})) console.log(p);
    console.log((await (await c.httpGet('/transaction', { clientTransId: 'x12' })).text()));
    c.close();
  });
});
