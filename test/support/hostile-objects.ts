import { escapeText } from '../../src/soap/write-xml.js';
import { b, carrier, expectDone, ref, sedGrp, uriRec } from './carrier.js';
import { delRequest, destGrp, obj, objKey, tn } from './message.js';
import { egrRte, ingress, offer, offerKey, party } from './peering.js';
import type { TestServer } from './server.js';

/** Names of objects that browsers or people could take for something else. */
export const hostileNames = [
  '<script>window.hacked=1;alert(1)</script>',
  '"><img src="http://evil.example/x.png" onerror="alert(1)">',
  "'-alert(1)-' onfocus=alert(1) autofocus",
  '<svg onload=alert(1)><a href="javascript:alert(1)">x</a></svg>',
  '</title></style></textarea><iframe src=//evil.example>',
  '&lt;b&gt;&#x202e;&amp;amp; {{7*7}} <!--',
  '\u202egnp.exe\u202c \u0645\u0631\u062d\u0628\u0627 \u05e9\u05dc\u05d5\u05dd',
  '\u{1f600}'.repeat(40),
  'W'.repeat(80),
] as const;

/** A name that no object of SSP2 has, and that a request of it tried to delete. */
export const hostileMissing = '<img src=http://evil.example/missing onerror=alert(2)>';

/**
 * Gives SSP2 objects of every type with each of the names, shared with SSP1, and SSP1 an egress route for each.
 *
 * @returns the server's id of a request that failed for objects with hostile names
 */
export async function addHostileObjects(server: TestServer): Promise<string> {
  const [ssp1, ssp2] = [party(server, 'ssp1'), carrier(server)];
  for (const [index, name] of hostileNames.entries()) {
    const text = escapeText(name);
    const group = sedGrp(text, ref(text, 1) + b('dgName', text));
    const uri = `sip:${text}@example.com`;
    expectDone(
      await ssp2.add(
        destGrp(text),
        obj('URIType', uriRec(text, uri)),
        obj('SedGrpType', group),
        tn(`+1202556010${index}`, [text]),
        obj('URIPubIdType', b('dgName', text) + b('uri', uri)),
        offer(text, 'iana-en:111', { note: text }),
      ),
    );
    expectDone(await ssp1.accept(offerKey(text, 'iana-en:111')));
    expectDone(await ssp1.add(egrRte(text, ingress(text))));
  }
  const { text } = await server.post(delRequest(objKey('DestGrp', escapeText(hostileMissing))));
  return /<[\w:]*serverTransId>([^<]+)</.exec(text)?.[1] ?? '';
}
