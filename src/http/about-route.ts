import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import type { Identity } from '../config.js';
import { svcMenu } from '../operations/server-status.js';
import { CachedDocument } from './document-cache.js';

/** Seen from src/http and from dist/http alike. */
const PACKAGE = new URL('../../package.json', import.meta.url);

/**
 * Who runs this server, whom to ask, what becomes of data, and what it speaks: for everybody. What the operator has not
 * set is null.
 */
export function addAboutRoute(app: FastifyInstance, identity: Identity, paths: readonly string[]): void {
  const { system, operator = null, contact = null, privacyPolicy = null } = identity;
  const { name, version } = JSON.parse(readFileSync(PACKAGE, 'utf8')) as { name: string; version: string };
  const { majMinVersion, objURI, extURI } = svcMenu();
  const about = {
    system,
    operator,
    contact,
    privacyPolicy,
    software: { name, version },
    protocol: { versions: majMinVersion, objURI, extURI },
    resources: paths,
  };
  const document = new CachedDocument(JSON.stringify(about), 'application/json; charset=utf-8');
  app.get('/about', (request, reply) => document.send(request, reply.header('cache-control', 'max-age=300')));
}
