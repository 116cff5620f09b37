import type { Command } from 'commander';
import { differenceText } from '../carrier/judge-changes.js';
import { makePlan } from '../carrier/make-plan.js';
import { NewFile } from '../carrier/new-file.js';
import { type Change, changesIn, type PlanCounts, type PlanHead } from '../carrier/plan.js';
import { changeText, planEndText, planHeadText } from '../carrier/plan-file.js';
import { connect } from '../client/connect.js';
import { formKindOf } from '../forms/form-kind.js';
import type { FormOptions } from '../forms/form-line.js';
import { keyText } from '../forms/key-text.js';
import { keyOf } from '../model/key-of.js';
import type { ObjKind } from '../model/object-order.js';
import { visible } from '../values/visible.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { jsonOption, warn, writeOutput } from './output.js';
import { type LoginOptions, loginFrom, loginOptions, profileOf } from './registry-login.js';
import { tableLines } from './table-lines.js';

interface Options extends LoginOptions {
  readonly out?: string;
  readonly rant?: string;
  readonly rar?: string;
  readonly normalize?: boolean;
  readonly country?: string;
  readonly json?: boolean;
}

/** `sppp plan`: what would have to change in a registry so that it has what files have. */
export function planCommand(): Command {
  return loginOptions(
    carrierCommand('plan')
      .argument('<desired...>', 'files of objects, or folders of files such as sppp pull writes')
      .option('--out <plan.json>', 'file for sppp apply')
      .option(
        '--rant <orgId>',
        'registrant of lines without one; the plan deletes its objects that the files do not have',
      )
      .option(
        '--rar <orgId>',
        "registrar of lines without one; default: rar of the profile, then the login's own registrar",
      )
      .option('--normalize', 'read telephone numbers as people write them')
      .option('--country <code>', 'with --normalize: country of numbers without a country code, such as US'),
  )
    .addOption(jsonOption())
    .description('compare files with a registry, and show the objects to add, change and delete')
    .action(carrierAction(plan));
}

async function plan(desired: string[], { out, json = false, ...options }: Options): Promise<ExitCode> {
  const login = await loginFrom(options);
  const connection = connect(login);
  const file = out === undefined ? undefined : await NewFile.create(out);
  let isFirst = true;
  const write = async (text: string, lines: readonly string[]) => {
    await file?.write(text);
    await writeOutput(json ? text : lines.map((line) => `${visible(line)}\n`).join(''));
  };
  try {
    const counts = await makePlan(
      connection,
      { desired, url: login.url, form: await formOptions(options), covered: [options.rant ?? []].flat() },
      {
        onFault: (fault) => warn(fault),
        onHead: (head: PlanHead) => write(planHeadText(head), []),
        onChange: async (change) => {
          await write(changeText(change, isFirst), changeLines(change));
          isFirst = false;
        },
      },
    );
    await write(planEndText(counts), [...tableLines(countCells(counts)), endLine(counts, out)]);
    await file?.finish();
    await file?.publish();
    return exits.allGood;
  } finally {
    await file?.drop();
    connection.close();
  }
}

async function formOptions({ rant, rar, normalize, country, ...login }: Options): Promise<FormOptions> {
  const profile = await profileOf(login);
  const standard = { rant: rant ?? profile.rant, rar: rar ?? profile.rar };
  return {
    ...Object.fromEntries(Object.entries(standard).filter(([, value]) => value !== undefined)),
    ...(normalize === undefined ? {} : { normalize }),
    ...(country === undefined ? {} : { country }),
  };
}

const signs = { add: '+', change: '~', delete: '-' } as const;

/** A change in lines for people. */
function changeLines(change: Change): string[] {
  const key = keyText(keyOf(change.do === 'delete' ? change.from : change.to));
  const differences = change.do === 'change' ? change.differences.map((each) => `    ${differenceText(each)}`) : [];
  return [`${signs[change.do]} ${key}`, ...differences];
}

function countCells(counts: PlanCounts): Record<string, string>[] {
  return Object.entries(counts).map(([kind, { now, add, change, delete: deleted }]) => ({
    kind: formKindOf({ kind: kind as ObjKind } as Parameters<typeof formKindOf>[0]),
    ...{ now: String(now), added: String(add), changed: String(change), deleted: String(deleted) },
  }));
}

function endLine(counts: PlanCounts, out: string | undefined): string {
  const changes = changesIn(counts);
  if (changes === 0) return 'no difference';
  return `${changes} changes${out === undefined ? '; --out writes them to a file' : `; sppp apply ${out} carries them out`}`;
}
