import { Command, InvalidArgumentError, Option } from 'commander';
import { grantCell } from '../authority/grant-cell.js';
import { readConfig } from '../config.js';
import { type GrantVerb, grantNouns, grantVerbs } from '../model/grant.js';
import { Grants } from '../model/grants.js';
import { addGrant, type ListedGrant, listGrants, removeGrants } from '../registry/access/administration.js';
import { administer } from './administer.js';
import { jsonOption, printResult } from './output.js';

interface Narrowed {
  readonly noun?: (typeof grantNouns)[number][];
  readonly verb?: GrantVerb[];
  readonly readOnly?: boolean;
  readonly span?: string[];
  readonly json?: boolean;
}

/** `sppp grant`: the registrants that a registrar may act for, and the limits of that. */
export function grantCommand(): Command {
  const grant = new Command('grant').description('which registrar may act for which registrant');
  const pair = (command: Command) =>
    command
      .argument('<registrar>', 'organization id of the registrar')
      .argument('<registrant>', 'organization id of the registrant');
  pair(grant.command('add'))
    .addOption(
      new Option('--noun <noun>', 'a kind of object; repeat for more').choices(grantNouns).argParser(each(grantNouns)),
    )
    .addOption(
      new Option('--verb <verb>', 'what may be done; repeat for more').choices(grantVerbs).argParser(each(grantVerbs)),
    )
    .option('--read-only', 'the same as --verb get')
    .option(
      '--span <digits>',
      'numbers that may be written, 1202 or 1202-1299; repeat for more',
      (span, before: string[] = []) => [...before, span],
    )
    .addOption(jsonOption())
    .description('let a registrar act for a registrant; grants of one pair add up')
    .action(async (registrar: string, registrant: string, { noun, verb, readOnly, span, ...options }: Narrowed) => {
      const verbs = readOnly ? (['get'] as const) : verb;
      const narrowing = { nouns: noun, verbs, spans: span };
      await administer(readConfig(process.env), (prisma) => addGrant(prisma, registrar, registrant, narrowing));
      printResult(options, grantValue({ registrar, registrant, ...narrowing }), [
        `${registrar} may act for ${registrant}`,
      ]);
    });
  pair(grant.command('remove'))
    .option('--id <number>', 'this grant alone, else all for the registrant', wholeNumber)
    .addOption(jsonOption())
    .description('remove grants of a registrar for a registrant')
    .action((registrar: string, registrant: string, { id, ...options }: { id?: number; json?: boolean }) =>
      administer(readConfig(process.env), async (prisma) => {
        const removed = await removeGrants(prisma, registrar, registrant, id);
        printResult(options, { registrar, registrant, removed }, [`${removed} grants removed`]);
      }),
    );
  grant
    .command('show')
    .argument('[registrar]', 'organization id; without it, all')
    .addOption(jsonOption())
    .description('print what the grants allow together')
    .action((registrar: string | undefined, options: { json?: boolean }) =>
      administer(readConfig(process.env), async (prisma) => {
        const grants = await listGrants(prisma, registrar);
        const values = grants.map(({ id, ...grant }) => ({ id, ...grantValue(grant) }));
        printResult(options, values, grantLines(grants));
      }),
    );
  return grant;
}

/** A grant as JSON: null where it is not narrowed. */
function grantValue({ registrar, registrant, nouns, verbs, spans }: Omit<ListedGrant, 'id' | 'registrantId'>) {
  return { registrar, registrant, nouns: nouns ?? null, verbs: verbs ?? null, spans: spans ?? null };
}

/** The sum of grants, as one table for each registrar and registrant. */
export function grantLines(grants: readonly ListedGrant[]): string[] {
  const pairs = new Map<string, ListedGrant[]>();
  for (const grant of grants) {
    const pair = `${grant.registrar} for ${grant.registrant}`;
    pairs.set(pair, [...(pairs.get(pair) ?? []), grant]);
  }
  const lines = [...pairs].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([pair, its]) => tableOf(pair, its));
  return lines.length === 0 ? ['no grants'] : lines;
}

function tableOf(pair: string, grants: readonly ListedGrant[]): string[] {
  const sum = new Grants(grants);
  const registrant = grants[0]?.registrant ?? '';
  const rows = [
    ['', ...grantVerbs],
    ...grantNouns.map((noun) => [noun, ...grantVerbs.map((verb) => grantCell(sum, verb, noun, registrant))]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`${pair} (grants ${grants.map(({ id }) => id).join(', ')})`, ...lines.map((line) => `  ${line}`), ''];
}

function each<T extends string>(known: readonly T[]): (value: string, before: T[] | undefined) => T[] {
  return (value, before = []) => {
    const found = known.find((word) => word === value);
    if (found === undefined) throw new InvalidArgumentError(`one of ${known.join(', ')}`);
    return [...before, found];
  };
}

function wholeNumber(value: string): number {
  if (!/^[1-9][0-9]{0,8}$/.test(value)) throw new InvalidArgumentError('a number as sppp grant show prints it');
  return Number(value);
}
