import { expect } from 'vitest';
import type { Obj } from '../../src/model/obj.js';
import type { DigestClient } from './digest-client.js';

/** GET /objects as a client reads it. */
export interface List {
  readonly head: ListHead;
  readonly objects: readonly { readonly object: Obj; readonly isShared: boolean }[];
}

export interface ListHead {
  readonly list: number;
  readonly registrar: string;
  readonly at: string;
  readonly kinds: readonly string[];
  readonly rants?: readonly string[];
  readonly whole: Readonly<Record<string, readonly string[]>>;
}

/** Pulls a list that has to be whole. */
export async function pullList(client: DigestClient, url: string, query = ''): Promise<List> {
  const { status, text } = await client.send(`${url}/objects${query}`, { headers: { 'accept-encoding': 'gzip' } });
  expect(status, text).toBe(200);
  return readList(text);
}

export function readList(text: string): List {
  const lines = text.split('\n');
  expect(lines.pop()).toBe('');
  const [head, ...rest] = lines.map((line) => JSON.parse(line) as unknown);
  const end = rest.pop();
  expect(end).toEqual({ end: true, objects: rest.length });
  const objects = (rest as (Obj & { readonly isShared?: true })[]).map(({ isShared = false, ...object }) => ({
    object: object as Obj,
    isShared,
  }));
  return { head: head as ListHead, objects };
}
