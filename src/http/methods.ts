import { METHODS } from 'node:http';
import type { FastifyInstance, HTTPMethods } from 'fastify';
import { HttpRefusedError } from './http-refused.js';

/** The methods that Node reads, except CONNECT, which names no resource; its connection is closed. */
const methods = METHODS.filter((method) => method !== 'CONNECT');

/**
 * Makes every resource answer the methods that it does not have with 405 and a list of those that it has (RFC 9110
 * §15.5.6). Call it before the resources are added, and the function that it returns after that.
 */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const methodsOf = new Map<string, Set<string>>();
  for (const method of methods) {
    if (!app.supportedMethods.includes(method)) app.addHttpMethod(method, { hasBody: true });
  }
  app.addHook('onRoute', ({ url, method }) => {
    const allowed = methodsOf.get(url) ?? new Set();
    methodsOf.set(url, allowed);
    for (const name of [method].flat()) allowed.add(name);
  });
  return () => {
    for (const [url, allowed] of [...methodsOf]) {
      const allow = [...allowed].sort().join(', ');
      const others = methods.filter((method) => !allowed.has(method)) as HTTPMethods[];
      app.route({
        method: others,
        url,
        // Before Fastify looks at the body, which it requires or refuses for some methods.
        onRequest: ({ method }, _reply, done) => {
          done(new HttpRefusedError(405, `The resource has no method ${method}, only ${allow}.`, { allow }));
        },
        handler: () => undefined,
      });
    }
  };
}
