/** docs/authority.md: generated from the code, and every cell of its table tried on a server. */

import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorityPage } from '../../src/authority/page.js';
import { addGrant } from '../../src/registry/access/administration.js';
import { ref, sedGrp, uriRec } from '../support/carrier.js';
import { lookupPath, lookups } from '../support/lookup.js';
import { destGrp, numberKey, obj, objKey, type ReadAnswer, tn } from '../support/message.js';
import { egrRte, ingress, offer, offerKey, offerObjKey, party } from '../support/peering.js';
import { publish } from '../support/published-events.js';
import { startServer, type TestServer, type UserName } from '../support/server.js';

const page = readFileSync(new URL('../../docs/authority.md', import.meta.url), 'utf8');
const [head = [], , ...rows] = page
  .split('\n')
  .filter((line) => line.startsWith('| '))
  .slice(0, 31)
  .map((line) => line.slice(2, -2).split(' | '));

const rant = 'iana-en:222';
const recipient = 'iana-en:111';

interface Who {
  readonly as: UserName;
  readonly rar: string;
  /** The registrant that it acts for besides. */
  readonly home: string;
}

const writer: Who = { as: 'ssp2r', rar: 'iana-en:223', home: rant };
const colleague: Who = { as: 'ssp3', rar: 'iana-en:225', home: rant };
const receiver: Who = { as: 'ssp1', rar: recipient, home: recipient };
const stranger: Who = { as: 'ssp4', rar: 'iana-en:226', home: 'iana-en:226' };

/** For each column: the caller, the registrar of the object, and the state of the offer to the recipient. */
const standings: Readonly<Record<string, { who: Who; by: Who; state: 'none' | 'offered' | 'accepted' }>> = {
  'registrant’s, added it': { who: writer, by: writer, state: 'none' },
  'registrant’s, another added it': { who: writer, by: colleague, state: 'none' },
  'recipient’s, no offer': { who: receiver, by: writer, state: 'none' },
  'recipient’s, offered': { who: receiver, by: writer, state: 'offered' },
  'recipient’s, accepted': { who: receiver, by: writer, state: 'accepted' },
  'nobody’s': { who: stranger, by: writer, state: 'none' },
};

let server: TestServer;
let count = 0;

beforeAll(async () => {
  server = await startServer();
  await addGrant(server.deps.database.prisma, colleague.rar, rant);
});
afterAll(() => server.close());

it('docs/authority.md is what npm run docs:authority makes', () => {
  expect(page).toBe(authorityPage());
});

it('the table has a row for every operation and a column for every standing', () => {
  expect(head.slice(2)).toEqual(Object.keys(standings));
  expect(rows).toHaveLength(29);
});

/** An object of each kind under names of its own; a number's name is its digits. */
function objectOf(noun: string, name: string, { rar }: Who): string {
  const owner = { rant, rar };
  switch (noun) {
    case 'DestGrp':
      return destGrp(name, owner);
    case 'PubId':
      return tn(digitsOf(name), [], owner);
    case 'SedRec':
      return obj('URIType', uriRec(name), owner);
    case 'SedGrp':
      return obj('SedGrpType', sedGrp(name, ref(`${name}_R`, 1)), owner);
    case 'SedGrpOffer':
      return offer(name, recipient, owner);
    default:
      return egrRte(name, '', owner);
  }
}

function keyOf(noun: string, name: string): string {
  if (noun === 'PubId') return numberKey('TN', digitsOf(name));
  return noun === 'SedGrpOffer' ? offerObjKey(name, recipient) : objKey(noun, name);
}

const digitsOf = (name: string) => `1202${name.replace(/\D/g, '').padStart(7, '0')}`;

/** The objects before the request: the object, and a group with a record, with an offer in the state of the column. */
async function prepare(noun: string, name: string, by: Who, state: string): Promise<void> {
  const owner = party(server, by.as);
  const own = { rant, rar: by.rar };
  const record = noun === 'SedRec' ? name : `${name}_R`;
  await owner.add(obj('URIType', uriRec(record), own), obj('SedGrpType', sedGrp(name, ref(record, 1)), own));
  if (noun === 'SedGrpOffer' || state !== 'none') await owner.add(offer(name, recipient, own));
  if (state === 'accepted') await party(server, 'ssp1').accept(offerKey(name, recipient));
  if (noun === 'DestGrp' || noun === 'PubId' || noun === 'EgrRte') await owner.add(objectOf(noun, name, by));
}

/** Sends the request; returns the result for the object, as `code element`. */
async function ask(verb: string, noun: string, name: string, { as, rar, home }: Who): Promise<string> {
  const asking = party(server, as);
  const home_ = { rant: home, rar };
  switch (verb) {
    case 'add':
      return said(await asking.add(objectOf(noun, name, { as, rar, home })));
    case 'delete':
      return said(await asking.del(keyOf(noun, name)));
    case 'accept':
      return said(await asking.accept(offerKey(name, recipient)));
    case 'reject':
      return said(await asking.reject(offerKey(name, recipient)));
    case 'get': {
      const answer = await asking.get(keyOf(noun, name));
      expect(answer.resultObjs.length).toBe(answer.code === 1000 ? 1 : 0);
      return answer.code === 1000 ? 'yes' : elementOf(answer);
    }
    case 'lookup': {
      const { status } = await lookups(server).send(as, lookupPath('12025550100', { asker: rant }));
      return status === 200 ? 'yes' : String(status);
    }
    case 'hear': {
      // An offer's events are for either side.
      const last = await publish(
        server,
        { to: rant, noun },
        ...(noun === 'SedGrpOffer' ? [{ to: recipient, noun }] : []),
      );
      const { text } = await lookups(server).send(as, `/events?after=${last - (noun === 'SedGrpOffer' ? 2 : 1)}`);
      return text === '[]' ? 'no event' : 'yes';
    }
    default:
      return noun === 'SedRec'
        ? said(await asking.add(obj('SedGrpType', sedGrp(`${name}_X`, ref(name, 1)), home_)))
        : said(await asking.add(egrRte(`${name}_X`, ingress(name), home_)));
  }
}

function said(answer: ReadAnswer): string {
  if (answer.code === 1000) return 'yes';
  const [detail] = answer.details;
  return detail === undefined ? elementOf(answer) : elementOf(detail);
}

function elementOf({ code, msg }: { code: number; msg: string }): string {
  return `${code} ${/AttrName:(\w+)/.exec(msg)?.[1] ?? msg}`;
}

describe.each(rows)('%s %s', (verb = '', noun = '', ...cells) => {
  it.each(cells.map((cell, column) => [head[column + 2] ?? '', cell]))('%s: %s', async (title, cell) => {
    const { who, by, state } = standings[title] ?? { who: stranger, by: stranger, state: 'none' };
    const name = `Cell ${++count}`;
    const isAnswer = verb === 'accept' || verb === 'reject';
    const noOffer = noun === 'SedGrpOffer' && who === receiver && state === 'none' && verb !== 'add';
    await prepare(noOffer ? 'SedGrp' : noun, name, by, state);
    const expected = cell === 'yes' && isAnswer && noOffer ? '2102 offeredTo' : cell;
    // A Get of a missing offer succeeds without an object, for a caller that may read such an offer.
    if (verb === 'get' && noOffer) {
      expect((await party(server, who.as).get(keyOf(noun, name))).code).toBe(1000);
    } else expect(await ask(verb, noun, name, who)).toBe(expected);
  });

  it('no answer shows a stranger whether the object exists', async () => {
    const name = `Cell ${++count}`;
    const before = await ask(verb, noun, name, stranger);
    await prepare(noun, name, writer, 'none');
    expect(await ask(verb, noun, name, stranger)).toBe(before);
  });
});

it('a Get of an accepted group omits the other peers', async () => {
  await prepare('SedGrp', 'Shared', writer, 'accepted');
  await party(server, 'ssp2r').add(offer('Shared', 'iana-en:226'));
  await party(server, 'ssp4').accept(offerKey('Shared', 'iana-en:226'));
  const peersSeenBy = async (as: UserName) => {
    const group = await party(server, as).read(objKey('SedGrp', 'Shared'));
    return group.children.filter(({ name }) => name === 'peeringOrg').map(({ text }) => text);
  };
  expect(await peersSeenBy('ssp1')).toEqual([recipient]);
  expect(await peersSeenBy('ssp2r')).toEqual([recipient, 'iana-en:226']);
});
