import { expect } from 'vitest';
import type { AnswerRecord } from '../../src/lookup/answer.js';
import { DigestClient, type Received } from './digest-client.js';
import type { TestServer, UserName } from './server.js';

/** Look-ups over HTTP with the login of a registrar. */

export interface Source {
  readonly sourceUri?: string;
  readonly sourceIp?: string;
  readonly rootDomain?: string;
}

/** The asker of each user. */
const organizations: Readonly<Record<UserName, string>> = {
  ssp1: 'iana-en:111',
  ssp2r: 'iana-en:222',
  ssp3: 'iana-en:225',
  ssp4: 'iana-en:226',
};

export interface Lookups {
  /** One request, as it is. */
  send(as: UserName, path: string, headers?: Record<string, string>): Promise<Received>;
  /** The records that the user's organization gets, in order. */
  records(as: UserName, identifier: string, source?: Source): Promise<AnswerRecord[]>;
  /** The targets of its calls, in order: final URIs, else the names in the records. */
  targets(as: UserName, identifier: string, source?: Source): Promise<string[]>;
}

export function lookups(server: TestServer): Lookups {
  const clients = new Map<UserName, DigestClient>();
  const send = (as: UserName, path: string, headers: Record<string, string> = {}) => {
    const client = clients.get(as) ?? new DigestClient({ username: as, password: as });
    clients.set(as, client);
    return client.send(server.url + path, { method: 'GET', headers });
  };
  const records = async (as: UserName, identifier: string, source: Source = {}) => {
    const { status, text } = await send(as, lookupPath(identifier, { asker: organizations[as], ...source }));
    expect(status, text).toBe(200);
    return (JSON.parse(text) as { records: AnswerRecord[] }).records;
  };
  const targets = async (as: UserName, identifier: string, source?: Source) =>
    (await records(as, identifier, source)).map(({ finalUri, repl, hostName }) => finalUri ?? repl ?? hostName ?? '');
  return { send, records, targets };
}

/** The path of a look-up, without undefined parameters. */
export function lookupPath(identifier: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `/lookup/${encodeURIComponent(identifier)}?${new URLSearchParams(given)}`;
}
