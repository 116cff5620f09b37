import { METHODS } from 'node:http';
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { HttpRefusal } from './http-refusal.js';

/** What Node reads, but CONNECT, which asks for no resource and is cut off. */
const methods = METHODS.filter((method) => method !== 'CONNECT');

/**
 * Every resource answers the methods that it does not have with 405 and those that it has (RFC 9110 §15.5.6). To be
 * called before the resources are added; what is returned is to be called after them.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const known = new Map<string, Set<string>>();
  for (const method of methods) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  }
  app.addHook('onRoute', ({ url, method }) => {
    const there = known.get(url) ?? new Set();
    known.set(url, there);
    for (const name of [method].flat()) there.add(name);
  });
  return () => {
    for (const [url, there] of [...known]) {
      const allow = [...there].sort().join(', ');
      const others = methods.filter((method) => !there.has(method)) as HTTPMethods[];
      app.route({
        method: others,
        url,
        // Before the body is looked at, of which some methods make demands.
        onRequest: ({ method }, _reply, done) => {
          done(new HttpRefusal(405, `There is no ${method} here, only ${allow}.`, { allow }));
        },
        handler: () => undefined,
      });
    }
  };
}
