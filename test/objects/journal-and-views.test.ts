import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  b,
  type Carrier,
  carrier,
  expectDone,
  expectRefused,
  range,
  ref,
  sedGrp,
  TestClock,
  uriRec,
} from '../support/carrier.js';
import { addRequest, destGrp, getRequest, numberKey, obj, objKey, readAnswer, tn } from '../support/message.js';
import { startServer, type TestServer } from '../support/server.js';

const clock = new TestClock();
let server: TestServer;
let ssp2: Carrier;

beforeAll(async () => {
  server = await startServer({ clock: clock.read });
  ssp2 = carrier(server);
});
afterAll(() => server.close());

const of222 = { registrant: 'iana-en:222', registrar: 'iana-en:223' };

describe('the views that operators query show the provisioned objects', () => {
  let created: string;
  let writtenBy: string | undefined;
  const stamped = () => ({ ...of222, c_date: new Date(created), m_date: null, last_written_by: writtenBy });

  beforeAll(async () => {
    created = clock.tick();
    const record = (name: string) => b('sedName', name) + b('isInSvc', true);
    const answer = await ssp2.add(
      destGrp('Dg_V1'),
      destGrp('DG_V2'),
      obj(
        'NAPTRType',
        b('sedName', 'NAPTR_V') +
          b('sedFunction', 'lookup') +
          b('isInSvc', false) +
          b('ttl', 60) +
          b('order', 10) +
          b('flags', 'u') +
          b('svcs', 'E2U+sip') +
          b('regx', b('ere', '^(.*)$') + b('repl', 'sip:\\1@a')),
      ),
      obj('NAPTRType', `${record('NAPTR_R')}${b('order', 1)}${b('svcs', 'E2U+sip')}${b('repl', 'a.example.com')}`),
      obj(
        'NSType',
        record('NS_V') +
          b('hostName', 'ns.example.com') +
          `<b:ipAddr type="v6">${b('addr', '2001:DB8::1')}</b:ipAddr><b:ipAddr>${b('addr', '192.0.2.1')}</b:ipAddr>`,
      ),
      obj('URIType', uriRec('URI_V', 'sip:gw@example.com')),
      obj(
        'TNType',
        b('dgName', 'dg_v2') + b('dgName', 'dg_v1') + b('tn', '+19105550001') + b('corInfo', b('corClaim', 1)),
      ),
      obj('TNRType', range('+19110', '19119')),
      obj('TNPType', b('tnPrefix', '1912') + b('corInfo', b('corClaim', 0))),
      obj('RNType', b('rn', '1913')),
      obj('URIPubIdType', b('uri', 'sip:v@example.com')),
      obj(
        'SedGrpType',
        sedGrp(
          'Grp_V',
          ref('URI_V', 20) +
            ref('NAPTR_V', 10) +
            b('dgName', 'dg_v2') +
            b('sourceIdent', b('sourceIdentRegex', '^192\\.') + b('sourceIdentScheme', 'ip')),
          7,
        ),
      ),
    );
    expect(answer.code).toBe(1000);
    writtenBy = answer.serverTransId;
  });

  it('destination groups', async () => {
    expect(
      await server.sql(
        'SELECT registrant, registrar, name, c_date, m_date, last_written_by FROM sppp_api.destination_group ORDER BY name COLLATE "C"',
      ),
    ).toEqual([
      { ...stamped(), name: 'DG_V2' },
      { ...stamped(), name: 'Dg_V1' },
    ]);
  });

  it('public identifiers of every kind, as written and by their digits', async () => {
    const rows = await server.sql(
      `SELECT registrant, registrar, kind, identifier, value, destination_groups, cor_claim, cor, cor_date, c_date, m_date,
              last_written_by
         FROM sppp_api.public_identifier ORDER BY value COLLATE "C"`,
    );
    const plain = { ...stamped(), destination_groups: [], cor_claim: null, cor: null, cor_date: null };
    expect(rows).toEqual([
      {
        ...plain,
        kind: 'TN',
        identifier: '+19105550001',
        value: '19105550001',
        destination_groups: ['DG_V2', 'Dg_V1'],
        cor_claim: true,
        cor: true,
        cor_date: new Date(created),
      },
      { ...plain, kind: 'TNRange', identifier: '+19110-19119', value: '19110-19119' },
      { ...plain, kind: 'TNPrefix', identifier: '1912', value: '1912', cor_claim: false },
      { ...plain, kind: 'RN', identifier: '1913', value: '1913' },
      { ...plain, kind: 'URI', identifier: 'sip:v@example.com', value: 'sip:v@example.com' },
    ]);
  });

  it('SED records of every kind', async () => {
    const rows = await server.sql(
      `SELECT registrant, registrar, name, kind, sed_function, is_in_svc, ttl, naptr_order, flags, svcs, ere, regx_repl,
              repl, host_name, uri, ip_addresses, c_date, m_date, last_written_by
         FROM sppp_api.sed_record ORDER BY name COLLATE "C"`,
    );
    const plain = {
      ...stamped(),
      sed_function: null,
      is_in_svc: true,
      ttl: null,
      naptr_order: null,
      flags: null,
      svcs: null,
      ere: null,
      regx_repl: null,
      repl: null,
      host_name: null,
      uri: null,
      ip_addresses: [],
    };
    const naptr = { ...plain, kind: 'NAPTR', svcs: 'E2U+sip' };
    expect(rows).toEqual([
      { ...naptr, name: 'NAPTR_R', naptr_order: 1, repl: 'a.example.com' },
      {
        ...naptr,
        name: 'NAPTR_V',
        sed_function: 'lookup',
        is_in_svc: false,
        ttl: 60,
        naptr_order: 10,
        flags: 'u',
        ere: '^(.*)$',
        regx_repl: 'sip:\\1@a',
      },
      { ...plain, kind: 'NS', name: 'NS_V', host_name: 'ns.example.com', ip_addresses: ['2001:DB8::1', '192.0.2.1'] },
      { ...plain, kind: 'URI', name: 'URI_V', ere: '^(.*)$', uri: 'sip:gw@example.com' },
    ]);
  });

  it('SED groups, their records and source criteria, and their name in the drafts', async () => {
    for (const view of ['sed_group', 'route_group']) {
      expect(
        await server.sql(
          `SELECT registrant, registrar, name, is_in_svc, priority, destination_groups, c_date, m_date, last_written_by
             FROM sppp_api.${view}`,
        ),
      ).toEqual([{ ...stamped(), name: 'Grp_V', is_in_svc: true, priority: 7, destination_groups: ['DG_V2'] }]);
    }
    expect(
      await server.sql(
        `SELECT registrant, sed_group, record_registrant, sed_record, priority, kind, record_is_in_svc
           FROM sppp_api.sed_group_record ORDER BY priority`,
      ),
    ).toEqual(
      [
        { sed_record: 'NAPTR_V', priority: 10, kind: 'NAPTR', record_is_in_svc: false },
        { sed_record: 'URI_V', priority: 20, kind: 'URI', record_is_in_svc: true },
      ].map((row) => ({ registrant: 'iana-en:222', sed_group: 'Grp_V', record_registrant: 'iana-en:222', ...row })),
    );
    expect(await server.sql('SELECT registrant, sed_group, scheme, regex FROM sppp_api.sed_group_source')).toEqual([
      { registrant: 'iana-en:222', sed_group: 'Grp_V', scheme: 'ip', regex: '^192\\.' },
    ]);
  });
});

describe('every request leaves one row in the journal', () => {
  const row = async (serverTransId: string | undefined) => {
    const [found] = await server.sql(
      `SELECT client_trans_id, registrar, username, operation, mode, code, message, objects, failed, received_at
         FROM sppp_api.transaction WHERE server_trans_id = $1`,
      [serverTransId],
    );
    return found;
  };
  const last = async () => {
    const [found] = await server.sql<{ operation: string; code: number; objects: number; failed: number }>(
      'SELECT operation, code, objects, failed FROM sppp.transaction ORDER BY id DESC LIMIT 1',
    );
    return found;
  };

  it('that succeeds, under the id of its answer', async () => {
    const at = clock.tick();
    const body = addRequest(destGrp('DG_J1'), destGrp('DG_J2')).replace(
      '<s:spppAddRequest>',
      '<s:spppAddRequest><clientTransId>txn_1467</clientTransId>',
    );
    const answer = readAnswer((await server.post(body)).text);
    expectDone(answer);
    expect(answer.clientTransId).toBe('txn_1467');
    expect(await row(answer.serverTransId)).toEqual({
      client_trans_id: 'txn_1467',
      registrar: 'iana-en:223',
      username: 'ssp2r',
      operation: 'submitAddRqst',
      mode: 'atomic',
      code: 1000,
      message: 'Request succeeded',
      objects: 2,
      failed: 0,
      received_at: new Date(at),
    });
  });

  it('that fails and writes no objects', async () => {
    const answer = await ssp2.del(objKey('DestGrp', 'DG_J1'), objKey('DestGrp', 'DG_NONE'), objKey('DestGrp', 'DG_J2'));
    expectRefused(answer, 2102, 'name', 'DG_NONE');
    expect(await row(answer.serverTransId)).toMatchObject({
      operation: 'submitDelRqst',
      code: 2100,
      objects: 3,
      failed: 1,
    });
    const rows = await server.sql(`SELECT name FROM sppp_api.destination_group WHERE last_written_by = $1`, [
      answer.serverTransId,
    ]);
    expect(rows).toEqual([]);
  });

  it('that is a query, and one that cannot be carried out', async () => {
    await ssp2.get(objKey('DestGrp', 'DG_J1'), objKey('DestGrp', 'DG_NONE'));
    expect(await last()).toEqual({ operation: 'submitGetRqst', code: 1000, objects: 2, failed: 0 });
    await ssp2.get(objKey('DestGrp', 'DG_J1', 'iana-en:111'));
    expect(await last()).toEqual({ operation: 'submitGetRqst', code: 2103, objects: 1, failed: 1 });
    await server.post(addRequest('<obj/>'));
    expect(await last()).toMatchObject({ operation: 'submitAddRqst', code: 2000 });
    const before = await server.sql('SELECT count(*) FROM sppp.transaction');
    await server.post(getRequest(objKey('DestGrp', 'DG_J1')));
    expect(await server.sql('SELECT count(*) - 1 AS count FROM sppp.transaction')).toEqual(before);
  });
});

describe('each row names the request that wrote it last', () => {
  const writer = async (view: string, where: string) =>
    (await server.sql<{ id: string }>(`SELECT last_written_by AS id FROM sppp_api.${view} WHERE ${where}`)).map(
      ({ id }) => id,
    );

  it('after adding, replacing, and losing a reference', async () => {
    const first = await ssp2.add(destGrp('DG_W'), obj('URIType', uriRec('REC_W')), tn('19205550002'));
    expectDone(first);
    const references = ref('REC_W', 1) + b('dgName', 'DG_W');
    const second = await ssp2.add(
      obj('SedGrpType', sedGrp('GRP_W', references)),
      obj('TNType', b('dgName', 'DG_W') + b('tn', '19205550001')),
    );
    expectDone(second);
    expect(await writer('destination_group', `name = 'DG_W'`)).toEqual([first.serverTransId]);
    expect(await writer('sed_group', `name = 'GRP_W'`)).toEqual([second.serverTransId]);
    const third = await ssp2.del(objKey('DestGrp', 'DG_W'));
    expect(await writer('sed_group', `name = 'GRP_W'`)).toEqual([third.serverTransId]);
    expect(await writer('public_identifier', `value = '19205550001'`)).toEqual([third.serverTransId]);
    expect(await writer('public_identifier', `value = '19205550002'`)).toEqual([first.serverTransId]);
    expect(await writer('sed_record', `name = 'REC_W'`)).toEqual([first.serverTransId]);
    const fourth = await ssp2.del(objKey('SedRec', 'REC_W'));
    expect(await writer('sed_group', `name = 'GRP_W'`)).toEqual([fourth.serverTransId]);
    expectDone(await ssp2.del(numberKey('TN', '19205550001')));
    expect(await writer('public_identifier', `value = '19205550001'`)).toEqual([]);
  });
});
