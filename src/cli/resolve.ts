import { Command } from 'commander';
import { readConfig } from '../config.js';
import { faultOf } from '../lookup/question.js';
import { OperatorError } from '../operator-error.js';
import { type Candidate, explain, type Question, resolve, type Sed } from '../registry/resolve/resolve.js';
import { visible } from '../values/visible.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';

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
      if (fault !== undefined) throw new OperatorError(`${fault.field}=${fault.value}: ${fault.rule}`);
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

function sedCells(sed: Sed): Record<string, string> {
  const { position, registrant, matchedKind, matchedIdentifier, sedGroup, groupPriority, recordPriority } = sed;
  return {
    '': String(position),
    registrant,
    matched: `${matchedKind} ${matchedIdentifier}`,
    'SED group': sedGroup === null ? '' : `${sedGroup} (${groupPriority})`,
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

/** A table with headings, without columns that are empty. */
function tableLines(rows: readonly Record<string, string>[]): string[] {
  const shown = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, visible(cell)])));
  return alignedLines(shown);
}

function alignedLines(rows: readonly Record<string, string>[]): string[] {
  const names = Object.keys(rows[0] ?? {}).filter((name) => rows.some((row) => row[name] !== ''));
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => row[name]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return [line(names), ...rows.map((row) => line(names.map((name) => row[name] ?? '')))];
}
