import type { FastifyInstance } from 'fastify';
import type { Identity } from '../config.js';
import { svcMenu } from '../operations/server-status.js';
import { ownPackage } from '../own-package.js';
import { CachedDocument } from './document-cache.js';
import { aboutSchema } from './server-schema.js';

/** `GET /about`, for everybody: the operator, its contact and privacy policy (null where not set), software and protocol. */
export function addAboutRoute(app: FastifyInstance, identity: Identity, paths: readonly string[]): void {
  const { system, operator = null, contact = null, privacyPolicy = null } = identity;
  const { name, version } = ownPackage();
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
  app.get('/about', { schema: aboutSchema }, (request, reply) =>
    document.send(request, reply.header('cache-control', 'max-age=300')),
  );
}
