import { Argument, Command } from 'commander';
import { readConfig } from '../config.js';
import { readAuthoritySpan } from '../objects/authority-span.js';
import { isRefusal } from '../objects/refusal.js';
import { AdministrationFault } from '../registry/administration.js';
import { loadAuthority } from '../registry/cor-authority.js';
import { type ClaimedNumbers, type CorPicture, decideClaim, pictureOf } from '../registry/cor-decisions.js';
import { settleAllClaims } from '../registry/cor-settlement.js';
import { administer } from './administer.js';
import { readAuthorityCsv } from './authority-csv.js';
import { say } from './say.js';

/** `sppp cor`: who is carrier of record, by the data of an authority or by the operator's word. */
export function corCommand(): Command {
  const cor = new Command('cor').description('carriers of record');
  cor
    .command('load')
    .argument('<file>', 'CSV with the columns number,carrier and, if need be, space; - reads the standard input')
    .option('--source <name>', 'what the data are kept under', 'default')
    .option('--replace', 'drop what was loaded from this source before')
    .description('load authority data, all of them or none, and settle all claims by them')
    .action(async (file: string, { source, replace = false }: { source: string; replace?: boolean }) => {
      await administer(readConfig(process.env), async (_prisma, pool) => {
        const onProgress = progress();
        const load = { source, replace, at: new Date(), onProgress };
        const { rows, spans, segments, strangers } = await loadAuthority(pool, readAuthorityCsv(file), load);
        say(`${rows} rows loaded; ${spans} spans in all, ${segments} without overlaps`);
        if (strangers > 0) say(`${strangers} of their carriers are no organizations of this registry`);
        await settle(pool, onProgress);
      });
    });
  cor
    .command('settle')
    .description('settle all claims by the authority data, as load does')
    .action(() => administer(readConfig(process.env), (_prisma, pool) => settle(pool, progress())));
  cor
    .command('decide')
    .argument('<number>', '12025550100, 12025550100-12025550199 or 1202*, as it is claimed')
    .argument('<org>', 'organization id of the registrant whose claim it is')
    .addArgument(new Argument('<decision>', 'what becomes of the claim').choices(['accept', 'refuse']))
    .option('--rn', 'it is a routing number')
    .description('settle one claim; others to the same numbers lose if it is accepted')
    .action(async (number: string, org: string, decision: string, { rn = false }: { rn?: boolean }) => {
      const numbers = claimedNumbers(number, rn);
      await administer(readConfig(process.env), (_prisma, pool) =>
        decideClaim(pool, numbers, org, decision === 'accept', new Date()),
      );
      say(`${numbers.type} ${numbers.value}: claim of ${org} ${decision === 'accept' ? 'accepted' : 'refused'}`);
    });
  cor
    .command('show')
    .argument('<number>', 'one number')
    .option('--rn', 'it is a routing number')
    .description('print who claims a number, and what the authority data say')
    .action(async (number: string, { rn = false }: { rn?: boolean }) => {
      const { type, value } = claimedNumbers(number, rn);
      if (type !== 'TN' && type !== 'RN') throw new AdministrationFault(`number ${number}: one number`);
      await administer(readConfig(process.env), async (_prisma, pool) => {
        for (const line of pictureLines(value, await pictureOf(pool, type, value))) say(line);
      });
    });
  return cor;
}

async function settle(pool: Parameters<typeof settleAllClaims>[0], onProgress: ReturnType<typeof progress>) {
  const { claims, won, lost } = await settleAllClaims(pool, new Date(), (looked) =>
    onProgress('claims looked at', looked),
  );
  say(`${claims} claims: ${won} win now, ${lost} lose`);
}

/** Tells how far it is, at most once a second, beside the output. */
function progress(): (what: string, count: number) => void {
  let told = Date.now();
  return (what, count) => {
    if (Date.now() - told < 1000) return;
    told = Date.now();
    process.stderr.write(`${count} ${what}\n`);
  };
}

function claimedNumbers(text: string, isRn: boolean): ClaimedNumbers {
  const span = readAuthoritySpan(text);
  if (isRefusal(span)) throw new AdministrationFault(`number ${text}: ${span.error}`);
  if (isRn && span.kind !== 'TN')
    throw new AdministrationFault(`number ${text}: routing numbers are claimed one by one`);
  return { type: isRn ? 'RN' : span.kind, value: span.value };
}

/** Who is carrier of record of a number, who claims it, and what authority data say and why. */
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
