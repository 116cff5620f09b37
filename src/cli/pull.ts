import { type Command, InvalidArgumentError, Option } from 'commander';
import { pull } from '../carrier/pull.js';
import { type FormKind, formKinds } from '../forms/form-kind.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { interruptible } from './interruption.js';
import { jsonOption, printResult, warn } from './output.js';
import { ProgressBar } from './progress-bar.js';
import { connectFrom, type LoginOptions, loginOptions } from './registry-login.js';

interface Options extends LoginOptions {
  readonly out: string;
  readonly kind?: readonly FormKind[];
  readonly rant?: readonly string[];
  readonly json?: boolean;
}

/** `sppp pull`: everything that the login may read, as files. */
export function pullCommand(): Command {
  return loginOptions(
    carrierCommand('pull')
      .requiredOption('--out <folder>', 'folder for one file per kind; objects that others share go into peers/')
      .addOption(kindOption())
      .option('--rant <orgId>', 'pull only objects of this registrant; repeatable', repeated),
  )
    .addOption(jsonOption())
    .description('write everything that the login may read into files')
    .action(carrierAction(pullFiles));
}

async function pullFiles({ out, kind, rant, json = false, ...login }: Options): Promise<ExitCode> {
  const connection = await connectFrom(login);
  const progress = new ProgressBar();
  try {
    const filter = { kind: kind?.map((each) => formKinds[each]), rant };
    const { head, files } = await interruptible('interrupted; nothing was written', (signal) =>
      pull(connection, out, filter, { signal, onProgress: (now) => progress.show(now) }),
    );
    progress.stop();
    for (const missing of rant?.filter((each) => !isReadable(each, head.whole)) ?? []) {
      warn(`${missing}: ${head.registrar} has no grant to read all of it`);
    }
    const objects = files.reduce((sum, file) => sum + file.objects, 0);
    const lines = files.filter((file) => file.objects > 0).map((file) => `${file.objects}  ${file.file}`);
    printResult({ json }, { out, registrar: head.registrar, at: head.at, objects, files }, [
      ...lines,
      `${objects === 1 ? '1 object' : `${objects} objects`} of ${head.at} in ${out}`,
    ]);
    return exits.allGood;
  } finally {
    progress.stop();
    connection.close();
  }
}

function isReadable(rant: string, whole: Readonly<Record<string, readonly string[]>>): boolean {
  return Object.values(whole).every((rants) => rants.includes(rant));
}

function kindOption(): Option {
  return new Option('--kind <kind>', 'pull only objects of this kind; repeatable').argParser(
    (value: string, before: readonly string[] = []) => {
      if (Object.hasOwn(formKinds, value)) return [...before, value];
      throw new InvalidArgumentError(`one of ${Object.keys(formKinds).join(', ')}`);
    },
  );
}

const repeated = (value: string, before: readonly string[] = []) => [...before, value];
