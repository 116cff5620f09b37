import Fastify from 'fastify';

/**
 * What Fastify does at most: every look-up is answered with the same constant, given as its argument, for the bench to
 * compare with. No password, no database, nothing made of the request.
 */
const [, , text = ''] = process.argv;
const body = Buffer.from(text);
const app = Fastify();
app.get('/lookup/*', (_request, reply) => reply.header('content-type', 'application/json; charset=utf-8').send(body));
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.stdout.write(`ready ${url}/sppp\n`);
process.once('SIGTERM', () => void app.close());
