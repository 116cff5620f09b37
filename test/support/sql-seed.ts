import { b, expectDone, range, ref, sedGrp, uriRec } from './carrier.js';
import { destGrp, type Owner, obj, objKey, tn } from './message.js';
import { egrRte, ingress, offer, offerKey, party } from './peering.js';
import type { TestServer } from './server.js';

const [ssp1, ssp3] = ['iana-en:111', 'iana-en:225'] as const;
const of3: Owner = { rant: ssp3, rar: ssp3 };
const dg = (...names: string[]) => names.map((name) => b('dgName', name)).join('');
const claim = b('corInfo', b('corClaim', true));

/** The registry that docs/sql.md asks: two providers, a peer, and what is half done or forgotten in every registry. */
export async function seed(server: TestServer): Promise<void> {
  const target = party(server, 'ssp2r');
  const origin = party(server, 'ssp1');
  const transit = party(server, 'ssp3');
  expectDone(
    await target.add(
      destGrp('EAST'),
      destGrp('WEST'),
      destGrp('FORGOTTEN'),
      obj(
        'NAPTRType',
        b('sedName', 'SBE_EAST') +
          b('isInSvc', true) +
          b('ttl', 300) +
          `<b:order>10</b:order>${b('flags', 'u')}${b('svcs', 'E2U+sip')}` +
          b('regx', b('ere', '^(.*)$') + b('repl', 'sip:\\1@east.ssp2.example')),
      ),
      obj('URIType', uriRec('SBE_SPARE', 'sip:\\1@spare.ssp2.example').replace('>true<', '>false<')),
      obj('URIType', uriRec('SBE_WEST', 'sip:\\1@west.ssp2.example')),
      obj('URIType', uriRec('SBE_OLD', 'sip:\\1@old.ssp2.example')),
      obj('SedGrpType', sedGrp('INGRESS_EAST', ref('SBE_EAST', 10) + ref('SBE_SPARE', 20) + dg('EAST'), 10)),
      obj(
        'SedGrpType',
        sedGrp(
          'INGRESS_WEST',
          ref('SBE_WEST', 10) +
            dg('WEST') +
            b('sourceIdent', b('sourceIdentRegex', '^192\\.0\\.2\\.') + b('sourceIdentScheme', 'ip')),
          5,
        ),
      ),
      obj('SedGrpType', sedGrp('INGRESS_TEST', ref('SBE_EAST', 10) + dg('EAST'), 1).replace('>true<', '>false<')),
    ),
  );
  expectDone(
    await target.add(
      obj('TNType', `${dg('EAST', 'WEST')}${b('tn', '+12025550101')}`),
      tn('+12025550102'),
      obj('TNType', b('tn', '+12025550103') + ref('SBE_EAST', 10)),
      obj('TNRType', dg('WEST') + range('+12025550200', '+12025550299')),
      obj('TNPType', dg('EAST') + b('tnPrefix', '+1203')),
      obj('RNType', b('rn', '+12029990000')),
      obj('URIPubIdType', dg('EAST') + b('uri', 'sip:info@ssp2.example')),
      offer('INGRESS_EAST', ssp1),
      offer('INGRESS_WEST', ssp1),
      offer('INGRESS_EAST', ssp3),
    ),
  );
  await target.add(obj('TNType', `${dg('EAST')}${b('tn', '+12025550100')}${claim}`));
  expectDone(await origin.accept(offerKey('INGRESS_EAST', ssp1), offerKey('INGRESS_WEST', ssp1)));
  expectDone(await origin.add(egrRte('VIA_SBE1', ingress('INGRESS_WEST')), egrRte('UNUSED')));
  await transit.add(
    destGrp('TRANSIT', of3),
    obj('TNPType', dg('TRANSIT') + b('tnPrefix', '+1'), of3),
    obj('TNType', b('tn', '+12025550100') + claim, of3),
    obj('URIType', uriRec('SBE_TRANSIT', 'sip:\\1@transit.ssp3.example'), of3),
    obj('SedGrpType', sedGrp('TRANSIT_GROUP', ref('SBE_TRANSIT', 10, ssp3) + dg('TRANSIT'), 50), of3),
    offer('TRANSIT_GROUP', ssp1, of3),
  );
  expectDone(await origin.accept(offerKey('TRANSIT_GROUP', ssp1, ssp3)));
  await target.del(objKey('DestGrp', 'NOT_THERE'));
  expectDone(await target.add(obj('URIType', uriRec('SBE_WEST', 'sip:\\1@west2.ssp2.example'))));
}
