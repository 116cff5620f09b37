import { once } from 'node:events';
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { DigestClient } from './digest-client.js';
import { addRequest, envelope, tn } from './message.js';
import type { TestServer, UserName } from './server.js';

/** Numbers that are sent at once. */
const PIECE = 1000;

/** Milliseconds between two numbers while the others are held back: less than the server waits for the rest of a body. */
const PAUSE_MS = 500;

/** A large request that is under way. */
export interface HeldRequest {
  /** Numbers that the server has been sent at least. */
  readonly sent: number;
  /** Sends the rest, and returns the answer. */
  letGo(): Promise<string>;
}

/**
 * Adds numbers to a destination group in one request. After a part of them it sends one at a time, until it is let go: it is
 * under way for as long as a test wants it to be.
 *
 * @param count of the numbers, from +12030000000 on
 */
export async function holdRequest(
  server: TestServer,
  { as, dgName, count }: { readonly as: UserName; readonly dgName: string; readonly count: number },
): Promise<HeldRequest> {
  const url = `${server.url}/sppp`;
  const headers = { 'content-type': 'text/xml; charset=utf-8' };
  const client = new DigestClient({ username: as, password: as });
  await client.send(url, { method: 'POST', headers, body: envelope('<s:spppServerStatusRequest/>') });
  const outgoing = request(url, {
    ...{ method: 'POST', headers: { ...headers, authorization: client.authorization(url, 'POST') } },
  });
  const answer = once(outgoing, 'response').then(([incoming]) => text(incoming));
  answer.catch(() => undefined); // It is waited for once the request is let go.
  const [begin = '', end = ''] = addRequest('<!---->').split('<!---->');
  let next = 0;
  const send = async (several: number) => {
    const numbers = Array.from({ length: several }, () => tn(`+${12_030_000_000 + next++}`, [dgName]));
    if (!outgoing.write(numbers.join(''))) await once(outgoing, 'drain');
  };
  outgoing.write(begin);
  const held = Math.floor(count / 2);
  while (next < held) await send(Math.min(PIECE, held - next));
  let isHeld = true;
  const rest = (async () => {
    while (isHeld && next < count - 1) {
      await delay(PAUSE_MS);
      await send(1);
    }
    while (next < count) await send(Math.min(PIECE, count - next));
    outgoing.end(end);
  })();
  rest.catch(() => undefined);
  return {
    sent: held,
    letGo: async () => {
      isHeld = false;
      await rest;
      return answer;
    },
  };
}
