import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { ownPackage } from '../own-package.js';
import { CachedDocument } from './document-cache.js';

/** Collects the schemas of all routes that are added from here on. To be awaited before the first of them is added. */
export async function collectSchemas(app: FastifyInstance): Promise<void> {
  const { version } = ownPackage();
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'SPPP registry',
        version,
        description:
          'The resources of an SPPP registry besides SOAP: look-ups, feeds, lists of objects, transactions and the server itself.',
      },
      components: { securitySchemes: { digest: { type: 'http', scheme: 'digest' } } },
    },
    hideUntagged: true,
    transform: ({ schema, url }) => ({
      // What operators have is not for carriers.
      schema: url.startsWith('/operator/') ? { ...schema, hide: true } : schema,
      // Fastify calls the rest of a path `*`, so that an identifier may have slashes.
      url: url.replace('*', ':identifier'),
    }),
  });
}

/** `GET /openapi.json`, for everybody: made from the routes' schemas when it is first asked for. */
export function addOpenApiRoute(app: FastifyInstance): void {
  let document: CachedDocument | undefined;
  app.get('/openapi.json', (request, reply) => {
    document ??= new CachedDocument(
      JSON.stringify(withSortedParameters(app.swagger())),
      'application/json; charset=utf-8',
    );
    return document.send(request, reply.header('cache-control', 'max-age=300'));
  });
}

interface Operation {
  readonly parameters?: { readonly in: string }[];
}

const parameterOrder = ['path', 'query', 'header'];

/** The document with the parameters of each operation in the order in which a request has them. */
function withSortedParameters(document: object): object {
  const { paths } = document as { paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> };
  for (const operation of Object.values(paths).flatMap((path) => Object.values(path))) {
    operation.parameters?.sort((a, b) => parameterOrder.indexOf(a.in) - parameterOrder.indexOf(b.in));
  }
  return document;
}
