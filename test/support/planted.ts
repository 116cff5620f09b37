import { addGrant, addOrganization } from '../../src/registry/access/administration.js';
import { b, carrier, expectDone, ref, sedGrp, uriRec } from './carrier.js';
import { delRequest, destGrp, obj, objKey, tn } from './message.js';
import { egrRte, ingress, offer, offerKey, party } from './peering.js';
import type { TestServer } from './server.js';

/** What SSP2 has, in texts that nobody else has. */
export const planted = {
  DestGrp: 'PLANT_DEST',
  SedRec: 'PLANT_REC',
  target: 'sip:plant-target@example.com',
  /** Shared with SSP1, and offered to it only. */
  shared: 'PLANT_SHARED',
  waiting: 'PLANT_WAITING',
  EgrRte: 'PLANT_ROUTE',
  number: '12025557700',
  uri: 'sip:plant-uri@example.com',
  note: 'PLANT_NOTE',
  failure: 'PLANT_FAILURE',
  agent: 'PLANT_AGENT',
  organization: 'PLANT_NAME',
  operation: 'PLANT_OPERATION',
} as const;
export type Planted = keyof typeof planted;

/**
 * Plants all of it, and lets SSP3 get the destination groups of SSP2.
 *
 * @returns the server's id of a request of SSP2 that failed
 */
export async function plant(server: TestServer): Promise<string> {
  const { prisma } = server.deps.database;
  const own = { rant: 'iana-en:222', rar: 'iana-en:223' };
  const { DestGrp, SedRec, target, shared, waiting, EgrRte, number, uri, note, failure, agent } = planted;
  const content = ref(SedRec, 1) + b('dgName', DestGrp);
  expectDone(
    await carrier(server).add(
      destGrp(DestGrp),
      obj('URIType', uriRec(SedRec, target)),
      obj('SedGrpType', sedGrp(shared, content)),
      obj('SedGrpType', sedGrp(waiting, content)),
      tn(`+${number}`, [DestGrp]),
      obj('URIPubIdType', b('dgName', DestGrp) + b('uri', uri)),
      offer(shared, 'iana-en:111', { note }),
      offer(waiting, 'iana-en:111'),
      egrRte(EgrRte, ingress(shared), own),
    ),
  );
  expectDone(await party(server, 'ssp1').accept(offerKey(shared, 'iana-en:111')));
  await addOrganization(prisma, 'iana-en:222', planted.organization);
  await addGrant(prisma, 'iana-en:225', 'iana-en:222', { nouns: ['DestGrp'], verbs: ['get'] });
  const { text } = await server.post(delRequest(objKey('DestGrp', failure)), { headers: { 'user-agent': agent } });
  await server.sql(
    `INSERT INTO sppp.request_under_way (server_trans_id, registrar_id, operation, mode, objects, received_at, milliseconds, told_at)
     SELECT gen_random_uuid(), id, $1, 'atomic', 1, now(), 5000, 'infinity' FROM sppp.organization WHERE org_id = 'iana-en:223'`,
    [planted.operation],
  );
  await server.deps.activity.flush();
  return /<[\w:]*serverTransId>([^<]+)</.exec(text)?.[1] ?? '';
}
