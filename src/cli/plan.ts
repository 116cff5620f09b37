import type { Command } from 'commander';
import { differenceText } from '../carrier/judge-changes.js';
import { makePlan } from '../carrier/make-plan.js';
import { NewFile } from '../carrier/new-file.js';
import { type Change, changesIn, type PlanCounts, type PlanHead } from '../carrier/plan.js';
import { changeText, planEndText, planHeadText } from '../carrier/plan-file.js';
import { connect } from '../client/connect.js';
import { kindOfType } from '../forms/form-kind.js';
import { keyText } from '../forms/key-text.js';
import { keyOf } from '../model/key-of.js';
import { shellWord } from '../values/shell-word.js';
import { visible } from '../values/visible.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { HeldOutput } from './held-output.js';
import { interruptible } from './interruption.js';
import { jsonOption } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { type ReadingOptions, readingFrom, readingOptions } from './reading-options.js';
import { loginFrom, loginOptions } from './registry-login.js';
import { tableLines } from './table-lines.js';

interface Options extends ReadingOptions {
  readonly out?: string;
  readonly json?: boolean;
}

/** `sppp plan`: what would have to change in a registry so that it has what files have. */
export function planCommand(): Command {
  return loginOptions(
    readingOptions(
      carrierCommand('plan')
        .argument('<desired...>', 'files of objects, or folders of files such as sppp pull writes')
        .option('--out <plan.json>', 'file for sppp apply'),
      {
        rant: 'registrant of lines without one; the plan deletes its objects that the files do not have',
        rar: "registrar of lines without one; default: rar of the profile, then the login's own registrar",
      },
    ),
  )
    .addOption(jsonOption())
    .description('compare files with a registry, and show the objects to add, change and delete')
    .action(carrierAction(plan));
}

async function plan(desired: string[], { out, json = false, ...options }: Options): Promise<ExitCode> {
  const form = await readingFrom(options);
  const login = await loginFrom(options);
  const connection = connect(login);
  const file = out === undefined ? undefined : await NewFile.create(out);
  // What would have to be taken back, because of a fault at the end, is not printed before.
  const output = new HeldOutput();
  const progress = new ProgressBar();
  let isFirst = true;
  const write = async (text: string, lines: readonly string[]) => {
    await file?.write(text);
    await output.write(json ? text : lines.map((line) => `${visible(line)}\n`).join(''));
  };
  try {
    await interruptible('interrupted; the registry is as it was', async (signal) => {
      const counts = await makePlan(
        connection,
        { desired, url: login.url, form, covered: [options.rant ?? []].flat() },
        {
          signal,
          onProgress: (now) => progress.show(now),
          onFault: (fault) => progress.warn(fault),
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
      progress.stop();
      await output.print(signal);
    });
    return exits.allGood;
  } finally {
    progress.stop();
    await output.close();
    await file?.drop();
    connection.close();
  }
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
    kind: kindOfType(kind),
    ...{ now: String(now), added: String(add), changed: String(change), deleted: String(deleted) },
  }));
}

function endLine(counts: PlanCounts, out: string | undefined): string {
  const changes = changesIn(counts);
  if (changes === 0) return 'no difference';
  const told = changes === 1 ? '1 change' : `${changes} changes`;
  if (out === undefined) return `${told}; --out writes ${changes === 1 ? 'it' : 'them'} to a file`;
  return `${told}; sppp apply ${shellWord(out)} carries ${changes === 1 ? 'it' : 'them'} out`;
}
