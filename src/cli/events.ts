import type { Command } from 'commander';
import { type CloudEvent, type Connection, EventsGoneError, HttpStatusError } from '../client/connect.js';
import { OperatorError } from '../operator-error.js';
import { parameterFaultText } from '../values/parameter-fault.js';
import { visible } from '../values/visible.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { interruptible } from './interruption.js';
import { warn, writeOutput } from './output.js';
import { connectFrom, type LoginOptions, loginOptions } from './registry-login.js';

interface Options extends LoginOptions {
  readonly follow?: boolean;
  readonly json?: boolean;
  readonly after?: string;
  readonly types?: string;
  readonly consumer?: string;
  readonly ack?: boolean;
}

/** `sppp events`: what happened to the login's organization and its objects. */
export function eventsCommand(): Command {
  return loginOptions(
    carrierCommand('events')
      .option('--follow', 'wait for further events until it is interrupted')
      .option(
        '--consumer <name>',
        'begin behind what this consumer has acknowledged; default: default, without --after',
      )
      .option('--after <position>', 'begin behind this position')
      .option('--types <types>', 'only these types, with commas between them, or prefixes such as sppp.offer.*')
      .option('--ack', 'acknowledge what was printed, for the consumer')
      .option('--json', 'one event a line, as CloudEvents 1.0 has it'),
  )
    .description('print events: offers, claims, changes by others')
    .action(carrierAction(printEvents));
}

async function printEvents(options: Options): Promise<ExitCode> {
  const connection = await connectFrom(options);
  try {
    await interruptible('interrupted', async (signal) => {
      // A reader that waits is interrupted to end it.
      await readAll(connection, options, signal).catch((error: unknown) => {
        if (signal.aborted && options.follow) return;
        if (error instanceof HttpStatusError && error.fault) throw new OperatorError(parameterFaultText(error.fault));
        throw error;
      });
    });
    return exits.allGood;
  } finally {
    connection.close();
  }
}

async function readAll(connection: Connection, options: Options, signal: AbortSignal): Promise<void> {
  for (let from = options.after; ; ) {
    try {
      return await readOn(connection, options, from, signal);
    } catch (error) {
      if (!(error instanceof EventsGoneError)) throw error;
      warn(`${error.message} Reading goes on with ${error.oldest}.`);
      from = error.after;
    }
  }
}

async function readOn(
  connection: Connection,
  { follow, consumer, types, json, ack }: Options,
  after: string | undefined,
  signal: AbortSignal,
): Promise<void> {
  const wanted = types === undefined ? {} : { types: types.split(',') };
  for await (const { events, next } of connection.events({ follow, consumer, after, ...wanted, signal })) {
    const lines = events.map((event) => (json ? JSON.stringify(event) : lineOf(event)));
    if (!(await writeOutput(lines.map((line) => `${line}\n`).join('')))) return;
    if (ack) await connection.ackEvents({ consumer, position: next });
  }
}

/** An event as a line: whom it is for, and which registrar's request caused it if one did. */
function lineOf({ id, time, type, subject, sppporganization, sppptransid, data }: CloudEvent): string {
  const whom = sppporganization === undefined ? [] : [`for ${sppporganization}`];
  // Without a request, data names a registrar that the event is about: of a grant, or of a credential.
  const by = sppptransid !== undefined && typeof data.registrar === 'string' ? [`by ${data.registrar}`] : [];
  return visible([id, time, type, subject, ...whom, ...by].join('  '));
}
