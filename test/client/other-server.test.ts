/** A server that is not ours: made by the package `soap` and the WSDL; without index, /transaction, modes and gzip. */

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Connection, connect, type Key, type Obj } from '../../src/client/connect.js';
import { type CuttingProxy, startCuttingProxy } from '../support/cutting-proxy.js';
import { SERVICE, startSoapServer } from '../support/soap-server.js';

const own = { rant: 'iana-en:222', rar: 'iana-en:223' };
const group = (name: string): Obj => ({ kind: 'DestGrpType', ...own, dgName: name });
const keyOf = (name: string): Key => ({ kind: 'ObjKeyType', rant: own.rant, name, type: 'DestGrp' });

/** What the package makes of an object or key. */
interface Read {
  readonly attributes: { readonly 'xsi:type': string };
  readonly dgName: string;
  readonly name: string;
  readonly rant: string;
  readonly rar: string;
}

const xsi = 'http://www.w3.org/2001/XMLSchema-instance';
const baseNs = 'urn:ietf:params:xml:ns:sppf:base:1';
const soapNs = 'urn:ietf:params:xml:ns:sppf:soap:1';
const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : ([value].flat() as T[]);
const result = (code: number, msg: string) => ({ code, msg });
const objXml = ({ rant, rar, dgName }: Read) => ({
  attributes: { 'xsi:type': 'sppfb:DestGrpType', 'xmlns:xsi': xsi, 'xmlns:sppfb': baseNs },
  'sppfb:rant': rant,
  'sppfb:rar': rar,
  'sppfb:dgName': dgName,
});

const groups = new Map<string, Read>();
const asked: string[] = [];

/** Destination groups in a map; the first fault undoes the request. */
const operations = {
  submitAddRqst({ obj }: { readonly obj?: Read | readonly Read[] }) {
    asked.push(`add ${list(obj).length}`);
    const wrong = list(obj).find(({ dgName }) => dgName.length < 3);
    if (wrong === undefined) for (const each of list(obj)) groups.set(each.dgName, each);
    const detail = wrong && {
      ...result(2101, `Attribute value invalid AttrName:dgName AttrVal:${wrong.dgName}`),
      obj: objXml(wrong),
    };
    return answered(detail);
  },
  submitDelRqst({ objKey }: { readonly objKey?: Read | readonly Read[] }) {
    asked.push(`delete ${list(objKey).length}`);
    const gone = list(objKey).find(({ name }) => !groups.has(name));
    if (gone === undefined) for (const { name } of list(objKey)) groups.delete(name);
    const attributes = { 'xsi:type': 'sppfs:ObjKeyType', 'xmlns:xsi': xsi, 'xmlns:sppfs': soapNs };
    const key = gone && { attributes, rant: gone.rant, name: gone.name, type: 'DestGrp' };
    return answered(
      gone && { ...result(2102, `Object does not exist AttrName:name AttrVal:${gone.name}`), objKey: key },
    );
  },
  submitGetRqst({ objKey }: { readonly objKey?: Read | readonly Read[] }) {
    asked.push(`get ${list(objKey).length}`);
    const found = list(objKey).flatMap(({ name }) => groups.get(name) ?? []);
    return { overallResult: result(1000, 'Request succeeded'), resultObj: found.map(objXml) };
  },
  submitServerStatusRqst() {
    const svcMenu = {
      'sppfb:serverStatus': 'inService',
      'sppfb:majMinVersion': '1.0',
      'sppfb:objURI': baseNs,
    };
    return { overallResult: result(1000, 'Request succeeded'), svcMenu };
  },
};

function answered(detailResult: object | undefined) {
  const overallResult =
    detailResult === undefined ? result(1000, 'Request succeeded') : result(2100, 'Command invalid');
  return {
    serverTransId: `theirs-${asked.length}`,
    overallResult,
    ...(detailResult === undefined ? {} : { detailResult }),
  };
}

let server: Server;
let proxy: CuttingProxy;
let connection: Connection;

beforeAll(async () => {
  const started = await startSoapServer(operations);
  server = started.server;
  proxy = await startCuttingProxy(started.url);
  connection = connect({ url: `${proxy.url}${SERVICE}` });
});

afterAll(async () => {
  connection.close();
  await proxy.close();
  server.close();
});

afterEach(() => {
  groups.clear();
  asked.length = 0;
});

describe('at a server that is not ours', () => {
  it('objects are added, read and deleted, all or none', async () => {
    expect(await connection.status()).toMatchObject({ serverStatus: 'inService', majMinVersion: ['1.0'], extURI: [] });
    expect(await connection.add([group('DG_ONE'), group('DG_TWO')])).toMatchObject({
      code: 1000,
      applied: 2,
      serverTransId: 'theirs-1',
    });
    expect((await connection.get([keyOf('DG_TWO'), keyOf('DG_NONE')])).objects).toEqual([group('DG_TWO')]);
    expect(await connection.delete([keyOf('DG_ONE'), keyOf('DG_TWO')])).toMatchObject({ code: 1000, applied: 2 });
  });

  it('a verdict has no index, and its item is found by what it is about', async () => {
    const objects = [group('DG_ONE'), group('X'), group('DG_TWO')];
    const outcome = await connection.add(objects);
    expect(outcome).toMatchObject({ code: 2100, applied: 0, isIndexed: false });
    expect(outcome.verdicts).toEqual([
      {
        ...{ index: 1, verb: 'add', code: 2101, attribute: 'dgName', value: 'X', object: objects[1] },
        message: 'Attribute value invalid AttrName:dgName AttrVal:X',
      },
    ]);
    expect(groups.size).toBe(0);
  });

  it('a mode that it does not say it has is refused before anything is sent', async () => {
    const validating = connect({ url: `${proxy.url}/services/sppp`, mode: 'validate' });
    await expect(validating.add([group('DG_ONE')])).rejects.toMatchObject({ name: 'ModeNotOfferedError' });
    expect(asked).toEqual([]);
    validating.close();
  });

  it('that is no registry at all, it gets no objects', async () => {
    const bodies: string[] = [];
    const web = createServer((request, response) => {
      request.setEncoding('utf8').on('data', (text: string) => bodies.push(text));
      request.on('end', () => response.writeHead(200, { 'content-type': 'text/html' }).end('<html/>'));
    });
    web.listen(0, '127.0.0.1');
    await once(web, 'listening');
    const { port } = web.address() as { port: number };
    const lost = connect({ url: `http://127.0.0.1:${port}` });
    await expect(lost.add([group('DG_ONE')])).rejects.toMatchObject({ name: 'UnreadableAnswerError' });
    expect(bodies.join('')).not.toContain('DG_ONE');
    lost.close();
    web.close();
  });

  it('an add is sent again when its answer is lost', async () => {
    await connection.status();
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    expect(await connection.add([group('DG_ONE')])).toMatchObject({ code: 1000, applied: 1 });
    expect(asked).toEqual(['add 1', 'add 1']);
  });

  it('a deletion whose answer is lost is done, whatever it says the second time', async () => {
    await connection.add([group('DG_ONE'), group('DG_TWO')]);
    asked.length = 0;
    proxy.cutNext({ in: 'answer', at: /HTTP\/1\.1 200/ });
    expect(await connection.delete([keyOf('DG_ONE'), keyOf('DG_TWO')])).toMatchObject({
      code: 1000,
      applied: 2,
      verdicts: [],
    });
    expect(asked).toEqual(['delete 2', 'delete 2', 'get 2']);
    expect(await connection.delete([keyOf('DG_ONE')])).toMatchObject({
      code: 2100,
      verdicts: [{ index: 0, code: 2102 }],
    });
  });

  it('a bulk goes without gzip, in the mode that it has', async () => {
    const items = Array.from({ length: 25 }, (_, index) => ({ verb: 'add' as const, subject: group(`DG_${index}`) }));
    const parts = [];
    for await (const { first, outcome } of connection.bulk(items, { perRequest: 10 }))
      parts.push([first, outcome.applied]);
    expect(parts).toEqual([
      [0, 10],
      [10, 10],
      [20, 5],
    ]);
    expect(groups.size).toBe(25);
  });
});
