import { Argument, Command } from 'commander';
import { readConfig } from '../config.js';
import { readAuthoritySpan } from '../model/authority-span.js';
import { OperatorError } from '../operator-error.js';
import { allOrgIds, loadAuthority } from '../registry/cor/authority.js';
import { type ClaimedNumbers, type CorPicture, decideClaim, pictureOf } from '../registry/cor/decisions.js';
import { settleAllClaims } from '../registry/cor/settlement.js';
import { isRefusal } from '../values/refusal.js';
import { administer } from './administer.js';
import { fileLabel, readAuthorityCsv } from './authority-csv.js';
import { jsonOption, printLine, printResult } from './output.js';

interface Json {
  readonly json?: boolean;
}

interface LoadOptions extends Json {
  readonly source: string;
  readonly replace?: boolean;
}

interface OneNumber extends Json {
  readonly rn?: boolean;
}

/** `sppp cor`: carriers of record, by the data of an authority or by the operator's decision. */
export function corCommand(): Command {
  const cor = new Command('cor').description('carriers of record');
  cor
    .command('load')
    .argument('<file>', 'CSV with the columns number, carrier and optionally space; - for standard input')
    .option('--source <name>', 'the name of the data in the registry', 'default')
    .option('--replace', 'delete the data of this source first')
    .addOption(jsonOption())
    .description('load authority data, all of them or none, and settle all claims by them')
    .action((file: string, { source, replace = false, json = false }: LoadOptions) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const onProgress = progress();
        const load = { file: fileLabel(file), source, replace, at: new Date(), onProgress };
        const loaded = await loadAuthority(pool, readAuthorityCsv(file, await allOrgIds(pool)), load);
        const { rows, spans, segments, strangers } = loaded;
        // Printed before the claims are settled, which takes long: the data are committed already.
        if (!json) {
          printLine(`${rows} rows loaded; ${spans} spans in all, ${segments} without overlaps`);
          if (strangers > 0) printLine(`carriers that are not organizations of this registry: ${strangers}`);
        }
        const settled = await settle(pool, onProgress);
        printResult({ json }, { ...loaded, ...settled }, [settledLine(settled)]);
      }),
    );
  cor
    .command('settle')
    .addOption(jsonOption())
    .description('settle all claims by the authority data, as load does')
    .action((options: Json) =>
      administer(readConfig(process.env), async (_prisma, pool) => {
        const settled = await settle(pool, progress());
        printResult(options, settled, [settledLine(settled)]);
      }),
    );
  cor
    .command('decide')
    .argument('<number>', '12025550100, 12025550100-12025550199 or 1202*, as it is claimed')
    .argument('<org>', 'organization id of the registrant that claims it')
    .addArgument(new Argument('<decision>', 'the decision on the claim').choices(['accept', 'refuse']))
    .option('--rn', 'it is a routing number')
    .addOption(jsonOption())
    .description('decide one claim; if it is accepted, others to the same numbers lose')
    .action(async (number: string, org: string, decision: string, { rn = false, ...options }: OneNumber) => {
      const numbers = claimedNumbers(number, rn);
      await administer(readConfig(process.env), (_prisma, pool) =>
        decideClaim(pool, numbers, org, decision === 'accept', new Date()),
      );
      const outcome = decision === 'accept' ? 'accepted' : 'refused';
      const value = { kind: numbers.type, identifier: numbers.value, registrant: org, outcome };
      printResult(options, value, [`${numbers.type} ${numbers.value}: claim of ${org} ${outcome}`]);
    });
  cor
    .command('show')
    .argument('<number>', 'one number')
    .option('--rn', 'it is a routing number')
    .addOption(jsonOption())
    .description('print the claims to a number and its authority data')
    .action(async (number: string, { rn = false, ...options }: OneNumber) => {
      const { type, value } = claimedNumbers(number, rn);
      if (type !== 'TN' && type !== 'RN') throw new OperatorError(`number ${number}: one number`);
      await administer(readConfig(process.env), async (_prisma, pool) => {
        const picture = await pictureOf(pool, type, value);
        printResult(options, { number: value, ...picture }, pictureLines(value, picture));
      });
    });
  return cor;
}

function settle(pool: Parameters<typeof settleAllClaims>[0], onProgress: ReturnType<typeof progress>) {
  return settleAllClaims(pool, new Date(), (looked) => onProgress('claims looked at', looked));
}

function settledLine({ claims, won, lost }: Awaited<ReturnType<typeof settle>>): string {
  return `${claims} claims: ${won} win now, ${lost} lose`;
}

/** Prints progress to standard error, at most once a second. */
function progress(): (what: string, count: number) => void {
  let printedAt = Date.now();
  return (what, count) => {
    if (Date.now() - printedAt < 1000) return;
    printedAt = Date.now();
    process.stderr.write(`${count} ${what}\n`);
  };
}

function claimedNumbers(text: string, isRn: boolean): ClaimedNumbers {
  const span = readAuthoritySpan(text);
  if (isRefusal(span)) throw new OperatorError(`number ${text}: ${span.error}`);
  if (isRn && span.kind !== 'TN') throw new OperatorError(`number ${text}: routing numbers are claimed one by one`);
  return { type: isRn ? 'RN' : span.kind, value: span.value };
}

/** The carrier of record of a number, the claims to it, and its authority data, a line each. */
export function pictureLines(number: string, { claims, spans }: CorPicture): string[] {
  const holders = claims.filter(({ state }) => state === 'holds');
  const [counting, ...wider] = spans;
  return [
    `${number}: ${holders.length === 0 ? 'no carrier of record' : `carrier of record is ${holders[0]?.registrant}`}`,
    ...claims.flatMap(({ registrant, kind, identifier, value, state, since, rival, decidedBy, isWide }) => {
      const by = decidedBy === null ? '' : ` by ${decidedBy}`;
      const against = rival === null ? '' : `, rival ${rival}`;
      const line = `  ${registrant} claims ${kind} ${identifier}: ${state} since ${since?.toISOString() ?? 'unknown'}${by}${against}`;
      if (!isWide) return [line];
      const numbers = kind === 'TNPrefix' ? `'${value}*'` : value;
      return [
        `${line}, more numbers than SPPP_COR_FIRST_CLAIM_NUMBERS`,
        `    decide with: sppp cor decide ${numbers} ${registrant} accept (or refuse)`,
      ];
    }),
    counting === undefined
      ? '  authority data say nothing'
      : `  authority data: ${counting.carrier}, by ${counting.numbers} of ${counting.source}`,
    ...wider.map(({ carrier, numbers, source }) => `    wider, does not count: ${carrier}, by ${numbers} of ${source}`),
  ];
}
