/** `push` to a server that is not ours: made by the package `soap` and the WSDL, where one bad object undoes its request. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { push } from '../../src/carrier/push.js';
import { type Connection, connect } from '../../src/client/connect.js';
import { SERVICE, startSoapServer } from '../support/soap-server.js';

const owner = { rant: 'iana-en:222', rar: 'iana-en:223' };
const xsi = 'http://www.w3.org/2001/XMLSchema-instance';
const baseNs = 'urn:ietf:params:xml:ns:sppf:base:1';
const soapNs = 'urn:ietf:params:xml:ns:sppf:soap:1';

/** What the package makes of an object or key. */
interface Read {
  readonly dgName: string;
  readonly name: string;
  readonly rant: string;
  readonly rar: string;
}

/** What the server says about an object for which it undoes a request: the object or key itself, or nothing. */
let names: 'object' | 'nothing' = 'object';
const groups = new Set<string>();
let requests = 0;

const list = (value: Read | readonly Read[] | undefined): readonly Read[] =>
  value === undefined ? [] : ([value].flat() as Read[]);
const result = (code: number, msg: string) => ({ code, msg });
const typed = (type: string, ns: string, fields: object) => ({
  attributes: { 'xsi:type': `x:${type}`, 'xmlns:xsi': xsi, 'xmlns:x': ns },
  ...fields,
});

function answered(detailResult: object | undefined) {
  requests += 1;
  const isDone = detailResult === undefined;
  return {
    serverTransId: `theirs-${requests}`,
    overallResult: isDone ? result(1000, 'Request succeeded') : result(2100, 'Command invalid'),
    ...(isDone || names === 'nothing' ? {} : { detailResult }),
  };
}

/** Destination groups; a name with X in it is refused, and so is a key of none. The first fault undoes the request. */
const operations = {
  submitAddRqst({ obj }: { readonly obj?: Read | readonly Read[] }) {
    const wrong = list(obj).find(({ dgName }) => dgName.includes('X'));
    if (wrong === undefined) for (const { dgName } of list(obj)) groups.add(dgName);
    const fields = wrong && { 'x:rant': wrong.rant, 'x:rar': wrong.rar, 'x:dgName': wrong.dgName };
    const refused = result(2101, `Attribute value invalid AttrName:dgName AttrVal:${wrong?.dgName}`);
    return answered(fields && { ...refused, obj: typed('DestGrpType', baseNs, fields) });
  },
  submitDelRqst({ objKey }: { readonly objKey?: Read | readonly Read[] }) {
    const gone = list(objKey).find(({ name }) => !groups.has(name));
    if (gone === undefined) for (const { name } of list(objKey)) groups.delete(name);
    const fields = gone && { rant: gone.rant, name: gone.name, type: 'DestGrp' };
    const refused = result(2102, `Object does not exist AttrName:name AttrVal:${gone?.name}`);
    return answered(fields && { ...refused, objKey: typed('ObjKeyType', soapNs, fields) });
  },
  submitServerStatusRqst() {
    const svcMenu = { 'sppfb:serverStatus': 'inService', 'sppfb:majMinVersion': '1.0', 'sppfb:objURI': baseNs };
    return { overallResult: result(1000, 'Request succeeded'), svcMenu };
  },
};

let server: Server;
let connection: Connection;
let folder: string;
let url: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sppp-push-'));
  const started = await startSoapServer(operations);
  server = started.server;
  url = `${started.url}${SERVICE}`;
  connection = connect({ url });
});

afterAll(async () => {
  connection.close();
  server.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => {
  groups.clear();
  requests = 0;
});

async function pushed(names: readonly string[], isDelete = false) {
  const file = join(folder, 'groups.csv');
  await writeFile(file, ['dgName', ...names, ''].join('\n'));
  const { counts } = await push(
    connection,
    {
      ...{ file, ifUnfinished: 'refuse', isCheck: false, itemsPerPart: 200, partsAtOnce: 3 },
      settings: { url, user: '', ...owner, ...(isDelete ? { delete: true } : {}) },
    },
    { signal: new AbortController().signal, onProgress: () => undefined, onThrottled: () => undefined },
  );
  const rows = (await readFile(`${file}.results.csv`, 'utf8')).split('\n').slice(1, -1);
  return { counts, rows: rows.map((row) => row.split(',')) };
}

describe('at a server that undoes a request for one bad object', () => {
  const all = Array.from({ length: 300 }, (_, index) => (index % 70 === 3 ? `GX_${index}` : `GRP_${index}`));
  const good = all.filter((name) => !name.includes('X'));

  it.each([
    ['object', 14],
    ['nothing', 120],
  ] as const)(
    'each good line is done, and each bad one has its verdict, in few requests: it names %s',
    async (told, most) => {
      names = told;
      const { counts, rows } = await pushed(all);
      expect(counts).toEqual({ good: 295, failed: 5, faulty: 0, unknownClaims: 0 });
      expect(groups).toEqual(new Set(good));
      expect(requests).toBeLessThanOrEqual(most);
      const refused = rows.filter(([, , code]) => code !== '1000');
      expect(refused.map(([, key, code]) => [key, code])).toEqual(
        all.filter((name) => name.includes('X')).map((name) => [name, told === 'object' ? '2101' : '2100']),
      );
      if (told === 'object') expect(refused[0]?.[3]).toBe("dgName 'GX_3': Attribute value invalid");
    },
  );

  it('so it is with deletions', async () => {
    names = 'object';
    for (const name of good) groups.add(name);
    const { counts, rows } = await pushed(all, true);
    expect(counts).toEqual({ good: 295, failed: 5, faulty: 0, unknownClaims: 0 });
    expect([...groups]).toEqual([]);
    expect(rows.filter(([, , code]) => code === '2102').map(([, key]) => key)).toEqual(
      all.filter((name) => name.includes('X')),
    );
  });
});
