import type { FormKind } from '../forms/form-kind.js';
import { keyText } from '../forms/key-text.js';
import type { Key } from '../model/key.js';
import type { Question } from '../registry/resolve/resolve.js';

const of = (path: string, name: string, value: string) => `/console/${path}?${new URLSearchParams({ [name]: value })}`;

/** The page of an object. */
export const objectPath = (key: Key) => of('object', 'key', keyText(key));

/** The list of the objects of a type: all, or those that some fields of its form choose. */
export function objectsPath(list: string, fields: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams(fields).toString();
  return `/console/objects/${list}${query === '' ? '' : `?${query}`}`;
}

/** The page of what was changed of an object. */
export const historyPath = (key: Key) => of('history', 'key', keyText(key));

/** The form that changes an object. */
export const changePath = (key: Key) => of('edit', 'key', keyText(key));

/** The form of a new object of a kind. */
export const newPath = (kind: FormKind) => of('edit', 'kind', kind);

/** The page that says what became of a change: its request, by the server's id, and the object. */
export const editedPath = (serverTransId: string, key: Key) =>
  `/console/edited?${new URLSearchParams({ id: serverTransId, key: keyText(key) })}`;

/** All failures of an uploaded file, to be downloaded. */
export const uploadFailuresPath = (uploadId: string) => of('upload/failures.csv', 'upload', uploadId);

/** The page of an organization. */
export const organizationPath = (orgId: string) => of('organization', 'id', orgId);

/** The page that says what it does to change an organization, and does it. */
export const organizationChangePath = (change: 'suspend' | 'resume' | 'rename' | 'remove', orgId: string) =>
  of(`organization/${change}`, 'id', orgId);

/** The page that says what it does to change a credential, and does it. */
export const credentialChangePath = (change: 'rotate' | 'end-former' | 'revoke', username: string) =>
  of(`credential/${change}`, 'username', username);

/** The page that ends the login by a certificate. */
export const certificateRemovalPath = (username: string, name: Readonly<Record<string, string>>) =>
  `/console/certificate/remove?${new URLSearchParams({ username, ...name })}`;

/** What a registrar may do for a registrant. */
export const grantsPath = (registrar: string, registrant: string) =>
  `/console/grants?${new URLSearchParams({ registrar, registrant })}`;

/** The page that takes a grant back. */
export const grantRemovalPath = (registrar: string, registrant: string, id: number) =>
  `/console/grants/remove?${new URLSearchParams({ registrar, registrant, id: String(id) })}`;

/** The page of a request, by the server's id. */
export const requestPath = (serverTransId: string) => of('request', 'id', serverTransId);

/** The failed objects of a request that are on record, as CSV. */
export const failuresPath = (serverTransId: string) => of('request/failures.csv', 'id', serverTransId);

/** A request as it was sent. */
export const keptPath = (serverTransId: string) => of('request/body.xml', 'id', serverTransId);

/** Charts of a time up to now: of a registrar, or of all. */
export const chartsPath = (period: string, registrar?: string) =>
  registrar === undefined ? `/console/charts/${period}` : of(`charts/${period}`, 'registrar', registrar);

/** The page of a claim to be carrier of record, for operators. */
export const claimPath = (key: Key) => of('claim', 'key', keyText(key));

/** The page that explains a look-up. */
export const whyPath = (identifier: string, asker: string) =>
  `/console/why?${new URLSearchParams({ identifier, asker })}`;

/** The address of the form that tries what would change a look-up, and is on record with it. */
export const trialPath = (question: Question) =>
  `/console/why?${new URLSearchParams(Object.entries(question).filter(([, value]) => value !== undefined))}`;

/** Who peers with whom: all organizations, the neighbours of one, or the SED groups between two. */
export const peeringPath = (organization?: string, peer?: string) => {
  const asked = [
    ['organization', organization],
    ['peer', peer],
  ].filter((each): each is [string, string] => each[1] !== undefined);
  return `/console/peering${asked.length === 0 ? '' : `?${new URLSearchParams(asked)}`}`;
};

/** A webhook with its deliveries before an event; without one, with the newest. */
export const webhookPath = (id: number, before?: number) =>
  `/console/webhook?id=${id}${before === undefined ? '' : `&before=${before}`}`;

/** The page that says what it does to change a webhook, and does it. */
export const webhookChangePath = (change: 'rotate' | 'remove' | 'enable' | 'test', id: number) =>
  `/console/webhook/${change}?id=${id}`;

/** Where the form that delivers an event once more is sent. */
export const redeliveryPath = (id: number, event: number) => `/console/webhook/redeliver?id=${id}&event=${event}`;

/** Agreements behind one; without one, from the first. */
export const agreementsPath = (withWithdrawn: boolean, after?: number) => {
  const asked = {
    ...(withWithdrawn ? { withdrawn: 'yes' } : {}),
    ...(after === undefined ? {} : { after: String(after) }),
  };
  const parameters = new URLSearchParams(asked).toString();
  return `/console/agreements${parameters === '' ? '' : `?${parameters}`}`;
};

const kinds: Readonly<Record<string, string>> = {
  destGrp: 'Destination group',
  sedGrp: 'SED group',
  sedRec: 'SED record',
  egrRte: 'Egress route',
  tn: 'Number',
  tnRange: 'Range',
  tnPrefix: 'Prefix',
  rn: 'Routing number',
  uri: 'URI',
  sedGrpOffer: 'Offer',
};

/** What a key names, for people. */
export function kindOfKey(key: Key): string {
  const [kind = ''] = keyText(key).split(':', 1);
  return kinds[kind] ?? kind;
}
