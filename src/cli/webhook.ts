import { setTimeout as delay } from 'node:timers/promises';
import { Command } from 'commander';
import type { Pool } from 'pg';
import { readConfig } from '../config.js';
import { OperatorError } from '../operator-error.js';
import { areTypes, TYPES_RULE } from '../queue/event-query.js';
import { organizationId } from '../registry/access/administration.js';
import { type Delivery, findDelivery, listDeliveries, redeliver } from '../registry/webhooks/deliveries.js';
import {
  addWebhook,
  enableWebhook,
  findWebhook,
  listWebhooks,
  publishTest,
  removeWebhook,
  rotateSecret,
  type Webhook,
} from '../registry/webhooks/webhooks.js';
import { reachableAddresses } from '../webhooks/reachable-addresses.js';
import { newSecret, secretText } from '../webhooks/signature.js';
import { addressIn, readWebhookUrl, URL_RULE } from '../webhooks/webhook-url.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';
import { wholeNumber } from './whole-number.js';

interface Json {
  readonly json?: boolean;
}

/** Milliseconds that `test` waits for the outcome. */
const OUTCOME_MS = 20_000;

const number = wholeNumber(1, 999_999_999);

/** `sppp webhook`: where events are sent, for operators on behalf of an organization, and for themselves. */
export function webhookCommand(): Command {
  const webhook = new Command('webhook').description('where events are sent, signed: see docs/webhooks.md');
  const one = (name: string) => webhook.command(name).argument('<id>', 'number of the webhook', number);
  webhook
    .command('add')
    .argument('<url>', URL_RULE)
    .option('--for <orgId>', 'organization that gets its events there; without it, the operators get theirs')
    .option(
      '--type <type>',
      'a type of events, or a prefix such as sppp.offer.*; repeat for more; without it, all',
      (type, before: string[] = []) => [...before, type],
    )
    .addOption(jsonOption())
    .description('send events to a URL; prints the secret that signs them, once')
    .action((url: string, options: Json & { for?: string; type?: string[] }) => add(url, options));
  webhook
    .command('list')
    .option('--for <orgId>', 'those of this organization; without it, all')
    .addOption(jsonOption())
    .description('all webhooks, one line each')
    .action(({ for: orgId, ...options }: Json & { for?: string }) =>
      administer(readConfig(process.env), async (prisma, pool) => {
        const owner = orgId === undefined ? 'anybody' : await organizationId(prisma, orgId);
        const webhooks = await listWebhooks(pool, owner);
        printResult(options, webhooks, webhooks.length === 0 ? ['no webhooks'] : webhooks.map(lineOf));
      }),
    );
  one('test')
    .addOption(jsonOption())
    .description('send a test event, and wait for the outcome; a server has to run')
    .action((id: number, options: Json) =>
      administer(readConfig(process.env), (_prisma, pool) => test(pool, id, options)),
    );
  one('rotate')
    .option('--overlap <hours>', 'how long the former secret signs, too', wholeNumber(0, 720), 24)
    .addOption(jsonOption())
    .description('make a new secret and print it, once')
    .action((id: number, { overlap, ...options }: Json & { overlap: number }) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const secret = newSecret();
        printWithSecret(options, found(await rotateSecret(pool, 'anybody', id, secret, overlap), id), secret);
      }),
    );
  one('remove')
    .addOption(jsonOption())
    .description('end a webhook, with the record of its deliveries')
    .action((id: number, options: Json) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        if (!(await removeWebhook(pool, 'anybody', id))) throw unknown(id);
        printResult(options, { id, isDone: true }, [`webhook ${id} is removed`]);
      }),
    );
  one('enable')
    .addOption(jsonOption())
    .description('send again to a webhook that was disabled')
    .action((id: number, options: Json) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const enabled = found(await enableWebhook(pool, 'anybody', id), id);
        printResult(options, enabled, [lineOf(enabled)]);
      }),
    );
  one('deliveries')
    .option('--before <event>', 'those of earlier events than this position', number)
    .option('--limit <count>', 'how many', wholeNumber(1, 1000), 20)
    .addOption(jsonOption())
    .description('what was sent, the newest first, with the answers')
    .action((id: number, { before, limit, ...options }: Json & { before?: number; limit: number }) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        found(await findWebhook(pool, 'anybody', id), id);
        const deliveries = await listDeliveries(pool, id, before ?? Number.MAX_SAFE_INTEGER, limit);
        printResult(options, deliveries, deliveries.length === 0 ? ['no deliveries'] : deliveries.map(deliveryLine));
      }),
    );
  one('redeliver')
    .argument('<event>', 'position of the event', number)
    .addOption(jsonOption())
    .description('send an event once more')
    .action((id: number, event: number, options: Json) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        found(await findWebhook(pool, 'anybody', id), id);
        if (!(await redeliver(pool, 'anybody', id, event))) {
          throw new OperatorError(`event ${event}: not there, or not for webhook ${id}`);
        }
        printResult(options, { id, event, isDone: true }, [`event ${event} is sent to webhook ${id} once more`]);
      }),
    );
  return webhook;
}

async function add(given: string, { for: orgId, type, ...options }: Json & { for?: string; type?: string[] }) {
  const url = readWebhookUrl(given);
  if (url === undefined) throw new OperatorError(`${given}: ${URL_RULE}`);
  if (type !== undefined && !areTypes(type)) throw new OperatorError(`--type ${type.join(' ')}: ${TYPES_RULE}`);
  const config = readConfig(process.env);
  const { most, networks } = config.webhooks;
  const address = addressIn(new URL(url));
  if (address !== undefined && !reachableAddresses(networks)(address)) {
    throw new OperatorError(`${given}: ${address} is not public, and SPPP_WEBHOOK_NETWORKS does not list it`);
  }
  await administer(config, async (prisma, pool) => {
    const owner = orgId === undefined ? null : await organizationId(prisma, orgId);
    const secret = newSecret();
    const made = await addWebhook(pool, owner, { url, types: type ?? null, secret }, most);
    if (made === undefined) {
      throw new OperatorError(
        `${orgId ?? 'the operators'}: has SPPP_WEBHOOKS_PER_ORGANIZATION=${most} webhooks already`,
      );
    }
    printWithSecret(options, made, secret);
  });
}

async function test(pool: Pool, id: number, options: Json): Promise<void> {
  const { disabledAt } = found(await findWebhook(pool, 'anybody', id), id);
  const event = disabledAt === null ? await publishTest(pool, 'anybody', id) : undefined;
  if (event === undefined) throw new OperatorError(`webhook ${id} is disabled; sppp webhook enable ${id}`);
  const until = performance.now() + OUTCOME_MS;
  let delivery = await findDelivery(pool, id, event);
  while ((delivery?.attempts ?? 0) === 0 && performance.now() < until) {
    await delay(100);
    delivery = await findDelivery(pool, id, event);
  }
  printResult(options, delivery ?? { event }, [
    delivery === undefined ? `event ${event} is not sent yet` : deliveryLine(delivery),
  ]);
  if (delivery?.state !== 'delivered') process.exitCode = 1;
}

function printWithSecret(options: Json, webhook: Webhook, secret: Buffer): void {
  const text = secretText(secret);
  printResult(options, { ...webhook, secret: text }, [lineOf(webhook), `secret ${text}`]);
}

function lineOf({ id, organization, url, types, failingSince, disabledAt, disabledBecause }: Webhook): string {
  const state =
    disabledAt !== null
      ? `, disabled since ${disabledAt.toISOString()}: ${disabledBecause}`
      : failingSince === null
        ? ''
        : `, failing since ${failingSince.toISOString()}`;
  return `webhook ${id} of ${organization ?? 'the operators'}: ${types?.join(' ') ?? 'all events'} to ${url}${state}`;
}

function deliveryLine({ event, type, state, attempts, attemptedAt, dueAt, httpStatus, failure, answer }: Delivery) {
  return [
    `event ${event} ${type}: ${state}, ${attempts} attempts`,
    ...(attemptedAt === null ? [] : [`the last at ${attemptedAt.toISOString()}`]),
    ...(dueAt === null || attempts === 0 ? [] : [`the next at ${dueAt.toISOString()}`]),
    ...(failure !== null ? [failure] : httpStatus === null ? [] : [`HTTP ${httpStatus}`]),
    ...(answer === null || answer === '' ? [] : [`answer: ${answer.slice(0, 200)}`]),
  ].join(', ');
}

function found(webhook: Webhook | undefined, id: number): Webhook {
  if (webhook === undefined) throw unknown(id);
  return webhook;
}

function unknown(id: number): OperatorError {
  return new OperatorError(`webhook ${id}: not known; sppp webhook list`);
}
