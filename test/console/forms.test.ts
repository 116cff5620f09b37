/** Registrars change their objects by forms: tried first, then done, as a request like every other. */

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../src/cli/password.js';
import { changePath, newPath, objectPath, objectsPath } from '../../src/console/paths.js';
import type { FormKind } from '../../src/forms/form-kind.js';
import { readKey } from '../../src/forms/key-text.js';
import type { Key } from '../../src/model/key.js';
import { addGrant } from '../../src/registry/access/administration.js';
import { addOperator } from '../../src/registry/access/operators.js';
import { carrier, expectDone, ref, sedGrp, uriRec } from '../support/carrier.js';
import { destGrp, obj, objKey, tn } from '../support/message.js';
import { formOn } from '../support/page-form.js';
import { PageReader } from '../support/page-reader.js';
import { startServer, type TestServer } from '../support/server.js';
import '../support/long-timeouts.js';

let server: TestServer;
const readers = new Map<string, PageReader>();
const as = (username: string) => readers.get(username) as PageReader;

beforeAll(async () => {
  server = await startServer({ backgroundJobs: false });
  const { prisma } = server.deps.database;
  await addOperator(prisma, { username: 'olga', role: 'administrator', ...secretsOf('olga', 'olga') });
  await addGrant(prisma, 'iana-en:225', 'iana-en:222', { nouns: ['DestGrp'], verbs: ['get'] });
  for (const username of ['olga', 'ssp1', 'ssp2r', 'ssp3', 'ssp4']) {
    const reader = new PageReader(server.url);
    expect((await reader.logIn(username, username)).status).toBe(303);
    readers.set(username, reader);
  }
});
afterAll(() => server.close());

const EDIT = '/console/edit';
const keyOf = (text: string) => readKey(text, undefined) as Key;

/** The form on a page, filled in with some texts. */
async function filledIn(who: string, path: string, texts: Record<string, string>) {
  const { status, text } = await as(who).get(path);
  expect(status, text).toBe(200);
  return { ...formOn(text, EDIT), ...texts };
}

/** Fills in the form of a page, goes on past what the registry would answer, and gives the page behind it. */
async function carryOut(who: string, path: string, texts: Record<string, string>) {
  const tried = await as(who).post(EDIT, await filledIn(who, path, texts));
  expect(tried.status, tried.text).toBe(200);
  expect(tried.text).toContain('1000 Request succeeded');
  const done = await as(who).post(EDIT, { ...formOn(tried.text, EDIT), step: 'do' });
  expect(done.status, done.text).toBe(303);
  return as(who).get(String(done.headers.location));
}

const group = { sedGrpName: 'FORM_GROUP', isInSvc: 'true', priority: '7', dgName: 'FORM_DEST' };

describe('a form', () => {
  it('is tried first, and changes nothing by that', async () => {
    const sent = await filledIn('ssp2r', newPath('destGrp'), { dgName: 'TRIED' });
    expect(sent.rant).toBe('iana-en:222');
    const { status, text } = await as('ssp2r').post(EDIT, sent);
    expect(status).toBe(200);
    expect(text).toContain('1000 Request succeeded');
    expect(text).toContain('Nothing was changed yet.');
    const [journalled, ...others] = await server.sql<{ mode: string; committed: boolean; agent: string }>(
      'SELECT mode, committed, user_agent AS agent FROM sppp.transaction',
    );
    expect([journalled, others]).toEqual([{ mode: 'validate', committed: false, agent: 'console' }, []]);
    expect(await server.sql('SELECT name FROM sppp.destination_group')).toEqual([]);
  });

  it('adds an object of each kind, which its own form has again', async () => {
    const kinds: [FormKind, string, Record<string, string>][] = [
      ['destGrp', 'destGrp:iana-en:222:FORM_DEST', { dgName: 'FORM_DEST' }],
      ['uriRec', 'sedRec:iana-en:222:FORM_URI', { sedName: 'FORM_URI', isInSvc: 'true', ere: '^(.*)$', uri: 'sip:a' }],
      [
        'naptr',
        'sedRec:iana-en:222:FORM_NAPTR',
        {
          ...{ sedName: 'FORM_NAPTR', isInSvc: 'false', order: '10', flags: 'u', svcs: 'E2U+sip', ttl: '60' },
          ...{ 'regx.ere': '^(.*)$', 'regx.repl': '\\1@ssp.example' },
        },
      ],
      [
        'ns',
        'sedRec:iana-en:222:FORM_NS',
        { sedName: 'FORM_NS', isInSvc: 'true', hostName: 'ns.ssp.example', ipAddr: '192.0.2.1\n2001:db8::1' },
      ],
      ['sedGrp', 'sedGrp:iana-en:222:FORM_GROUP', { ...group, sedRecRef: '10 FORM_URI\n20 FORM_NAPTR' }],
      [
        'egrRte',
        'egrRte:iana-en:222:FORM_ROUTE',
        {
          ...{ egrRteName: 'FORM_ROUTE', pref: '1', ingrSedGrp: 'FORM_GROUP' },
          ...{ 'regxRewriteRule.ere': '^(.*)$', 'regxRewriteRule.repl': 'a\\1' },
        },
      ],
      ['tn', 'tn:iana-en:222:+12025550101', { tn: '+1 202 555 0101', dgName: 'FORM_DEST', sedRecRef: '1 FORM_URI' }],
      ['tnRange', 'tnRange:iana-en:222:100-199', { startRange: '100', endRange: '199', dgName: 'FORM_DEST' }],
      ['tnPrefix', 'tnPrefix:iana-en:222:+1203', { tnPrefix: '+1203', dgName: 'FORM_DEST' }],
      ['rn', 'rn:iana-en:222:12025550000', { rn: '12025550000', dgName: 'FORM_DEST' }],
      ['uri', 'uri:iana-en:222:sip:bob@ssp.example', { uri: 'sip:bob@ssp.example', dgName: 'FORM_DEST' }],
    ];
    for (const [kind, key, texts] of kinds) {
      const { status, text } = await carryOut('ssp2r', newPath(kind), texts);
      expect(status, text).toBe(200);
      expect(text).toContain('1000 Request succeeded');
      const path = objectPath(keyOf(key)).replaceAll('&', '&amp;');
      expect(text).toContain(`href="${path}"`);
      expect(text).toMatch(/href="\/console\/request\?id=[0-9a-f-]{36}"/);
      const again = await filledIn('ssp2r', changePath(keyOf(key)), {});
      expect(again).toMatchObject({ ...texts, ...(kind === 'tn' ? { tn: '+12025550101' } : {}) });
    }
    const offered = await carryOut('ssp2r', newPath('sedGrpOffer'), {
      sedGrpName: 'FORM_GROUP',
      offeredTo: 'iana-en:111',
    });
    expect(offered.text).toContain('1000 Request succeeded');
    expect((await as('ssp1').get('/console/offers')).text).toContain('FORM_GROUP');
    const [offer] = await server.sql('SELECT m_date, offer_date_time FROM sppp.sed_group_offer');
    const fields = await filledIn('ssp2r', newPath('sedGrpOffer'), {
      sedGrpName: 'FORM_GROUP',
      offeredTo: 'iana-en:111',
    });
    for (const step of ['try', 'do']) {
      const again = await as('ssp2r').post(EDIT, { ...fields, step });
      expect([again.status, again.text.includes('There is such an offer')]).toEqual([409, true]);
    }
    expect(await server.sql('SELECT m_date, offer_date_time FROM sppp.sed_group_offer')).toEqual([offer]);
  });

  it('has its answer on a page that nobody can make up', async () => {
    const [request] = await server.sql<{ id: string }>(
      `SELECT server_trans_id AS id FROM sppp.transaction t JOIN sppp.credential c ON c.id = t.credential_id
        WHERE c.username = 'ssp2r' AND code = 1000 LIMIT 1`,
    );
    for (const key of ['destGrp:iana-en:111:SECRETX', 'destGrp:iana-en:222:NOT_THERE']) {
      const { status, text } = await as('ssp2r').get(
        `/console/edited?${new URLSearchParams({ id: request?.id ?? '', key })}`,
      );
      expect([status, text.includes('<h1>A change</h1>')]).toEqual([200, true]);
      expect(text).not.toMatch(/SECRETX|NOT_THERE/);
    }
  });

  it('has a field once', async () => {
    const sent = await filledIn('ssp2r', newPath('destGrp'), { dgName: 'ONCE_ONE' });
    const fields = [...Object.entries({ ...sent, step: 'do' }), ['dgName', 'ONCE_TWO']] as [string, string][];
    const { status, text } = await as('ssp2r').post(EDIT, fields);
    expect(status).toBe(400);
    for (const part of ['dgName', 'ONCE_TWO', 'given once']) expect(text).toContain(part);
    expect(await server.sql(`SELECT FROM sppp.destination_group WHERE name LIKE 'ONCE%'`)).toEqual([]);
  });

  it('is shown again with what is wrong beside the fields, and with all that was typed', async () => {
    const texts = { tn: '+1 202 555 xx', dgName: 'FORM_DEST\nAB', sedRecRef: 'high FORM_URI' };
    const { status, text } = await as('ssp2r').post(EDIT, await filledIn('ssp2r', newPath('tn'), texts));
    expect(status).toBe(400);
    expect(text).toContain('3 values are wrong');
    expect(formOn(text, EDIT)).toMatchObject(texts);
    expect(text).toMatch(/name="tn"[^>]* aria-invalid="true" aria-describedby="tn-hint tn-fault-0"/);
    expect(text).toContain('id="dgName-fault-0">“AB”: 2 characters, not 3 to 80');
    expect(text).toContain('id="sedRecRef-fault-0">“high”: entry 1, priority: a whole number from 0 to 65535');
    expect(await server.sql('SELECT FROM sppp.public_identifier WHERE value = $1', ['1202555'])).toEqual([]);
  });

  it('is shown again with what the registry refuses, and can be corrected', async () => {
    const refused = await as('ssp2r').post(
      EDIT,
      await filledIn('ssp2r', newPath('tn'), { tn: '+12025550102', dgName: 'NOT_THERE' }),
    );
    expect(refused.text).toContain('2102 Object does not exist AttrName:dgName AttrVal:NOT_THERE');
    expect(refused.text).toContain('id="dgName-fault-0">“NOT_THERE”: Object does not exist');
    const corrected = { ...formOn(refused.text, EDIT), dgName: 'FORM_DEST' };
    const { text } = await as('ssp2r').post(EDIT, corrected);
    expect(text).toContain('1000 Request succeeded');
    const back = await as('ssp2r').post(EDIT, { ...formOn(text, EDIT), step: 'edit' });
    expect(formOn(back.text, EDIT)).toMatchObject({ tn: '+12025550102', dgName: 'FORM_DEST' });
  });

  it('shows what it changes, and changes that alone', async () => {
    const key = keyOf('sedGrp:iana-en:222:FORM_GROUP');
    const sent = await filledIn('ssp2r', changePath(key), { priority: '9' });
    const { text } = await as('ssp2r').post(EDIT, sent);
    expect(text).toMatch(/What it changes.*priority<\/td>.*7<\/td>.*9<\/td>/s);
    expect((await carryOut('ssp2r', changePath(key), { priority: '9' })).text).toContain('1000 Request succeeded');
    expect(await filledIn('ssp2r', changePath(key), {})).toMatchObject({
      ...group,
      ...{ priority: '9', sedRecRef: '10 FORM_URI\n20 FORM_NAPTR' },
    });
  });

  it('that somebody else has overtaken says so, and shows the newer values', async () => {
    const key = keyOf('sedGrp:iana-en:222:FORM_GROUP');
    const sent = await filledIn('ssp2r', changePath(key), { priority: '11' });
    expectDone(await carrier(server).add(obj('SedGrpType', sedGrp('FORM_GROUP', ref('FORM_URI', 1), 12))));
    const overtaken = await as('ssp2r').post(EDIT, { ...sent, step: 'do' });
    expect(overtaken.status).toBe(409);
    expect(overtaken.text).toContain('Somebody else has changed it');
    expect(overtaken.text).toMatch(/priority<\/td>.*12<\/td>.*11<\/td>/s);
    expect(await filledIn('ssp2r', changePath(key), {})).toMatchObject({ priority: '12' });
    const again = formOn(overtaken.text, EDIT);
    expect(again).toMatchObject({ priority: '11', dgName: 'FORM_DEST' });
    expect((await as('ssp2r').post(EDIT, again)).text).toContain('1000 Request succeeded');
    expect((await as('ssp2r').post(EDIT, { ...again, step: 'do' })).status).toBe(303);
    expect(await filledIn('ssp2r', changePath(key), {})).toMatchObject({ priority: '11' });
  });

  it('of a new object whose name is taken says so, and of one that was deleted meanwhile', async () => {
    const { status, text } = await as('ssp2r').post(EDIT, {
      ...(await filledIn('ssp2r', newPath('sedGrp'), { ...group, priority: '1' })),
    });
    expect([status, text.includes('There is one of this name already')]).toEqual([409, true]);
    expectDone(await carrier(server).add(destGrp('FORM_GONE')));
    const sent = await filledIn('ssp2r', changePath(keyOf('destGrp:iana-en:222:FORM_GONE')), {});
    expectDone(await carrier(server).del(objKey('DestGrp', 'FORM_GONE')));
    const gone = await as('ssp2r').post(EDIT, sent);
    expect([gone.status, gone.text.includes('It was deleted since')]).toEqual([409, true]);
  });

  it('shows hostile texts as text', async () => {
    const hostile = '"><script>alert(1)</script></textarea>';
    const texts = {
      sedGrpName: hostile,
      isInSvc: 'x<b>',
      priority: hostile,
      dgName: `${hostile}\n</textarea><b>`,
      ext: '<a',
    };
    const { text } = await as('ssp2r').post(EDIT, await filledIn('ssp2r', newPath('sedGrp'), texts));
    expect(text).not.toMatch(/<script|<b>/);
    expect(formOn(text, EDIT)).toMatchObject({ sedGrpName: hostile, dgName: texts.dgName, ext: '<a' });
  });

  it('keeps what its lines cannot say', async () => {
    const ext = '<b:ext><x:note xmlns:x="urn:note">n</x:note></b:ext>';
    const content = ref('FORM_URI', 1, 'iana-en:222', ext);
    expectDone(await carrier(server).add(obj('SedGrpType', sedGrp('FORM_EXT', content))));
    const key = keyOf('sedGrp:iana-en:222:FORM_EXT');
    const { sedRecRef } = await filledIn('ssp2r', changePath(key), {});
    expect(sedRecRef).toMatch(/^\[.*urn:note/s);
    expect((await carryOut('ssp2r', changePath(key), { priority: '3' })).text).toContain('1000 Request succeeded');
    expect((await filledIn('ssp2r', changePath(key), {})).sedRecRef).toBe(sedRecRef);
  });
});

describe('an object', () => {
  it('is deleted by its page: tried first, then done', async () => {
    expectDone(await carrier(server).add(destGrp('FORM_OLD'), tn('+12025550109', ['FORM_OLD'])));
    const path = objectPath(keyOf('destGrp:iana-en:222:FORM_OLD'));
    const { text } = await as('ssp2r').get(path);
    const tried = await as('ssp2r').post('/console/delete', formOn(text, '/console/delete'));
    expect(tried.text).toContain('1000 Request succeeded');
    expect((await as('ssp2r').get(path)).text).not.toContain('There is no such object now');
    const done = await as('ssp2r').post('/console/delete', { ...formOn(tried.text, '/console/delete'), sure: 'yes' });
    expect(done.status).toBe(303);
    expect((await as('ssp2r').get(String(done.headers.location))).text).toContain('1000 Request succeeded');
    expect((await as('ssp2r').get(path)).text).toContain('There is no such object now');
  });

  it('is not deleted if somebody else has changed it meanwhile', async () => {
    expectDone(await carrier(server).add(obj('URIType', uriRec('FORM_REC', 'sip:old'))));
    const path = objectPath(keyOf('sedRec:iana-en:222:FORM_REC'));
    const first = formOn((await as('ssp2r').get(path)).text, '/console/delete');
    const tried = await as('ssp2r').post('/console/delete', first);
    expectDone(await carrier(server).add(obj('URIType', uriRec('FORM_REC', 'sip:new'))));
    const sure = { ...formOn(tried.text, '/console/delete'), sure: 'yes' };
    const overtaken = await as('ssp2r').post('/console/delete', sure);
    expect(overtaken.status).toBe(200);
    expect(overtaken.text).toContain('Somebody else has changed it');
    expect((await as('ssp2r').get(path)).text).toContain('sip:new');
  });

  it('is changed by those alone whom their grants let', async () => {
    const path = objectPath(keyOf('destGrp:iana-en:222:FORM_DEST'));
    const ways = async (who: string) => {
      const { text } = await as(who).get(path);
      return ['Change it', 'Delete it'].filter((way) => text.includes(way));
    };
    expect(await ways('ssp2r')).toEqual(['Change it', 'Delete it']);
    expect(await ways('olga')).toEqual([]);
    expect(await ways('ssp3')).toEqual([]);
    const statusOf = async (who: string, at: string) => (await as(who).get(at)).status;
    const change = changePath(keyOf('destGrp:iana-en:222:FORM_DEST'));
    expect([await statusOf('olga', change), await statusOf('ssp3', change)]).toEqual([403, 403]);
    expect([await statusOf('ssp4', change), await statusOf('olga', newPath('tn'))]).toEqual([404, 403]);
    const sent = await filledIn('ssp2r', change, {});
    for (const who of ['olga', 'ssp3', 'ssp4']) {
      const { token = '' } = formOn((await as(who).get('/console')).text, '/console/logout');
      const before = await filledIn('ssp2r', change, {});
      const edited = await as(who).post(EDIT, { ...sent, token, seen: '', step: 'do' });
      expect(edited.headers.location, who).toBeUndefined();
      const deleted = await as(who).post('/console/delete', {
        ...{ token, key: 'destGrp:iana-en:222:FORM_DEST', sure: 'yes', seen: who === 'ssp3' ? (sent.seen ?? '') : '' },
      });
      expect(deleted.headers.location, who).toBeUndefined();
      expect(deleted.status === 403 || deleted.text.includes('2103'), deleted.text).toBe(true);
      expect(await filledIn('ssp2r', change, {})).toEqual(before);
    }
  });

  it('of a list is added from it', async () => {
    const links = async (who: string, list: string) =>
      [...(await as(who).get(objectsPath(list))).text.matchAll(/href="\/console\/edit\?kind=(\w+)"/g)].map(
        ([, kind]) => kind,
      );
    expect(await links('ssp2r', 'sedRec')).toEqual(['naptr', 'ns', 'uriRec']);
    expect(await links('ssp2r', 'pubId')).toEqual(['tn', 'tnRange', 'tnPrefix', 'rn', 'uri']);
    expect(await links('olga', 'pubId')).toEqual([]);
  });
});

it.each(['', 'x', 'TNType', '__proto__'])('a form of the kind %j does not exist', async (kind) => {
  const { status, text } = await as('ssp2r').get(`${EDIT}?kind=${kind}`);
  expect([status, text.includes('one of destGrp, ')]).toEqual([400, true]);
});
