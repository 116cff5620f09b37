import { gunzipSync } from 'node:zlib';
import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { CachedDocument, DocumentCache } from '../../src/http/document-cache.js';

describe('DocumentCache', () => {
  it('makes each document once, and holds no more than its maximum', () => {
    const made: string[] = [];
    const documents = new DocumentCache((key) => {
      made.push(key);
      return new CachedDocument(key, 'text/plain');
    }, 2);
    for (const key of ['a', 'b', 'a', 'b', 'a']) documents.get(key);
    expect(made).toEqual(['a', 'b']);
    documents.get('c'); // In the place of b, which was used before a.
    expect(documents.get('a')).toBe(documents.get('a'));
    documents.get('b');
    expect(made).toEqual(['a', 'b', 'c', 'b']);
  });
});

describe('CachedDocument', () => {
  it('is sent as it is, or gzipped for a client that reads gzip', async () => {
    const document = new CachedDocument('täxt', 'text/plain; charset=utf-8');
    const app = Fastify();
    app.get('/', (request, reply) => document.send(request, reply));
    const plain = await app.inject({ url: '/' });
    expect(plain.body).toBe('täxt');
    expect(plain.headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', vary: 'accept-encoding' });
    for (let n = 0; n < 2; n++) {
      const zipped = await app.inject({ url: '/', headers: { 'accept-encoding': 'br, gzip' } });
      expect(zipped.headers['content-encoding']).toBe('gzip');
      expect(gunzipSync(zipped.rawPayload).toString()).toBe('täxt');
    }
    await app.close();
  });
});
