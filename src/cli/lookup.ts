import type { Command } from 'commander';
import { type HttpAnswer, HttpStatusError } from '../client/connect.js';
import type { Answer } from '../lookup/answer.js';
import { faultOf } from '../lookup/question.js';
import { OperatorError } from '../operator-error.js';
import { isParameterFault, type ParameterFault, parameterFaultText } from '../values/parameter-fault.js';
import { present } from '../values/present.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { jsonOption, printResult } from './output.js';
import { connectFrom, type LoginOptions, loginOptions, profileOf } from './registry-login.js';
import { type ShownSed, sedCells } from './resolve.js';
import { tableLines } from './table-lines.js';

interface Options extends LoginOptions {
  readonly asker?: string;
  readonly sourceUri?: string;
  readonly sourceIp?: string;
  readonly rootDomain?: string;
  readonly json?: boolean;
}

/** `sppp lookup`: what `sppp resolve` prints, asked of a server with a registrar's login. */
export function lookupCommand(): Command {
  return loginOptions(
    carrierCommand('lookup')
      .argument('<identifier>', 'digits with or without +, rn= and digits for a routing number, or a URI')
      .option('--asker <orgId>', 'organization to ask for; default: rant of the profile')
      .option('--source-uri <uri>', 'URI of the calling party')
      .option('--source-ip <address>', 'address of the client that the look-up is for')
      .option('--root-domain <domain>', 'root domain of the look-up'),
  )
    .addOption(jsonOption())
    .description('ask a registry for the session establishment data of an identifier')
    .action(carrierAction(lookUp));
}

async function lookUp(identifier: string, options: Options): Promise<ExitCode> {
  const { asker = (await profileOf(options)).rant, sourceUri, sourceIp, rootDomain } = options;
  if (asker === undefined) throw new OperatorError('--asker: the organization that asks, such as iana-en:32473');
  const source = present({ sourceUri, sourceIp, rootDomain });
  refuse(faultOf({ identifier, asker, ...source }));
  const connection = await connectFrom(options);
  try {
    const query = { asker, ...source, format: 'json' };
    const answer = await answerIn(await connection.httpGet(`/lookup/${encodeURIComponent(identifier)}`, query));
    const lines = tableLines(answer.records.map((record) => sedCells(shown(record))));
    printResult(options, answer, lines.length === 1 ? [`${asker} gets nothing for ${identifier}`] : lines);
    return exits.allGood;
  } finally {
    connection.close();
  }
}

function refuse(fault: ParameterFault | undefined): void {
  if (fault !== undefined) throw new OperatorError(parameterFaultText(fault));
}

async function answerIn(received: HttpAnswer): Promise<Answer> {
  const text = await received.text();
  const value: unknown = isJson(received) ? JSON.parse(text) : undefined;
  if (received.status === 200 && isAnswer(value)) return value;
  if (received.status === 400 && isParameterFault(value)) refuse(value);
  throw new HttpStatusError(`HTTP ${received.status}: ${text.slice(0, 200) || 'no look-ups here'}`, received.status);
}

const isJson = ({ headers }: HttpAnswer) => /^application\/json\b/.test(String(headers['content-type']));

function isAnswer(value: unknown): value is Answer {
  return typeof value === 'object' && value !== null && 'records' in value && Array.isArray(value.records);
}

function shown({ priority, ...record }: Answer['records'][number]): ShownSed {
  const { position, registrant, sedRecord, kind } = record;
  const texts = present({ sedGroup: record.sedGroup, svcs: record.svcs, egressRoute: record.egressRoute });
  const targets = present({ finalUri: record.finalUri, repl: record.repl, hostName: record.hostName });
  const groupPriority = record.groupPriority ?? null;
  return { position, registrant, sedRecord, kind, recordPriority: priority, groupPriority, ...texts, ...targets };
}
