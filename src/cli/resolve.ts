import { Command } from 'commander';
import { readConfig } from '../config.js';
import { faultOf } from '../lookup/question.js';
import { OperatorError } from '../operator-error.js';
import { type Candidate, explain, type Question, resolve, type Sed } from '../registry/resolve/resolve.js';
import { parameterFaultText } from '../values/parameter-fault.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';
import { tableLines } from './table-lines.js';

interface Options {
  readonly asker: string;
  readonly sourceUri?: string;
  readonly sourceIp?: string;
  readonly rootDomain?: string;
  readonly explain?: boolean;
  readonly json?: boolean;
}

/** `sppp resolve`: the session establishment data that an organization gets for an identifier, and why. */
export function resolveCommand(): Command {
  return new Command('resolve')
    .argument('<identifier>', 'digits with or without +, rn= and digits for a routing number, or a URI')
    .requiredOption('--asker <orgId>', 'organization that asks')
    .option('--source-uri <uri>', 'URI of the calling party')
    .option('--source-ip <address>', 'address of the client that the look-up is for')
    .option('--root-domain <domain>', 'root domain of the look-up')
    .option('--explain', 'print every candidate, the step that chose or dropped it, and the rule')
    .addOption(jsonOption())
    .description('print the session establishment data that an organization gets for an identifier')
    .action(async (identifier: string, { explain: isExplained, json = false, ...source }: Options) => {
      const question = { identifier, ...source };
      const fault = faultOf(question);
      if (fault !== undefined) throw new OperatorError(parameterFaultText(fault));
      await administer(readConfig(process.env), async (_prisma, pool) => {
        const rows = isExplained ? await explain(pool, question) : await resolve(pool, question);
        printResult({ json }, rows, answerLines(question, rows));
      });
    });
}

/** The answer or its explanation as a table. */
export function answerLines({ identifier, asker }: Question, rows: readonly (Sed | Candidate)[]): string[] {
  if (rows.length === 0) return [`${asker} gets nothing for ${identifier}; --explain tells why`];
  return tableLines(rows.map((row) => ('verdict' in row ? candidateCells(row) : sedCells(row))));
}

/** A record of an answer as a table shows it. */
export interface ShownSed
  extends Pick<Sed, 'position' | 'registrant' | 'sedRecord' | 'recordPriority' | 'kind'>,
    Partial<Pick<Sed, 'sedGroup' | 'groupPriority' | 'svcs' | 'egressRoute' | 'finalUri' | 'repl' | 'hostName'>> {
  /** Left out of an answer that does not tell which of the registrant's identifiers matched. */
  readonly matchedKind?: Sed['matchedKind'];
  readonly matchedIdentifier?: string;
}

/** A record of an answer as a row of its table. */
export function sedCells(sed: ShownSed): Record<string, string> {
  const { position, registrant, matchedKind, matchedIdentifier, sedGroup, groupPriority, recordPriority } = sed;
  return {
    '': String(position),
    registrant,
    matched: matchedKind === undefined ? '' : `${matchedKind} ${matchedIdentifier}`,
    'SED group': sedGroup ? `${sedGroup} (${groupPriority})` : '',
    'SED record': `${sed.sedRecord} (${recordPriority})`,
    kind: sed.kind,
    services: sed.svcs ?? '',
    'egress route': sed.egressRoute ?? '',
    target: sed.finalUri ?? sed.repl ?? sed.hostName ?? '',
  };
}

function candidateCells(candidate: Candidate): Record<string, string> {
  const { position, verdict, step, reason, decidedBy, registrant, matchedKind, matchedIdentifier } = candidate;
  return {
    '': position === null ? '' : String(position),
    verdict,
    step,
    reason,
    'decided by': decidedBy ?? '',
    registrant: registrant ?? '',
    matched: matchedKind === null ? '' : `${matchedKind} ${matchedIdentifier ?? ''}`,
    'destination group': candidate.destinationGroup ?? '',
    'SED group': candidate.sedGroup ?? '',
    'SED record': candidate.sedRecord ?? '',
    'egress route': candidate.egressRoute ?? '',
    'final URI': candidate.finalUri ?? '',
  };
}
