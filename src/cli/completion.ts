import { Argument, Command } from 'commander';
import { OperatorError } from '../operator-error.js';
import { printText } from './output.js';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

/** `sppp completion`: prints a script with which a shell completes command lines, made from the commands of `program`. */
export function completionCommand(program: () => Promise<Command>): Command {
  return new Command('completion')
    .addArgument(new Argument('<shell>', 'the shell that completes').choices(shells))
    .description('print a completion script: docs/commands.md says where it goes')
    .action(async (shell: Shell) => printText(script(shell, wordsOf(await program()))));
}

/** The script of a shell; `words` are those that may follow each command. */
export function script(shell: Shell, words: ReadonlyMap<string, readonly string[]>): string {
  for (const [path, those] of words) {
    // The script has them between quotes and in patterns.
    const strange = [path, ...those].find((word) => !/^[\w -]*$/.test(word));
    if (strange !== undefined) throw new OperatorError(`completion: ${strange}: letters, digits and hyphens`);
  }
  return { bash, zsh, fish }[shell]([...words]);
}

/** The words that may follow each command (`credential add`): subcommands, options and choices. */
export function wordsOf(command: Command, path = ''): Map<string, readonly string[]> {
  const help = command.createHelp();
  const visible = help.visibleCommands(command).filter(({ name }) => name.length > 0);
  const words = [
    ...visible.map((each) => each.name()),
    ...command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
    ...help.visibleOptions(command).flatMap(({ long, argChoices }) => [...(long ? [long] : []), ...(argChoices ?? [])]),
  ];
  const below = command.commands.flatMap((each) => [...wordsOf(each, `${path} ${each.name()}`.trim())]);
  return new Map([[path, words], ...below]);
}

type Entries = readonly (readonly [string, readonly string[]])[];

/** Finds the command before the cursor and its candidates, in the language that bash and zsh share. */
const lookup = (entries: Entries) => `  local at='' word
  for word in "\${before[@]}"; do
    case "\${at:+$at }$word" in
      ${pathsOf(entries).join('|')}) at="\${at:+$at }$word" ;;
    esac
  done
  local candidates=''
  case "$at" in
${entries.map(([path, words]) => `    '${path}') candidates='${words.join(' ')}' ;;`).join('\n')}
  esac`;

const pathsOf = (entries: Entries) => entries.flatMap(([path]) => (path === '' ? [] : [`'${path}'`]));

const bash = (entries: Entries) => `# bash completion for sppp
_sppp() {
  local before=("\${COMP_WORDS[@]:1:COMP_CWORD-1}")
${lookup(entries)}
  COMPREPLY=($(compgen -W "$candidates" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _sppp sppp`;

const zsh = (entries: Entries) => `#compdef sppp
_sppp() {
  local -a before
  before=("\${(@)words[2,CURRENT-1]}")
${lookup(entries)}
  compadd -- \${=candidates}
  _files
}
compdef _sppp sppp`;

const fish = (entries: Entries) => `# fish completion for sppp
function __sppp_candidates
  set -l at ''
  set -l before (commandline -opc)
  for word in $before[2..-1]
    switch (string trim -- "$at $word")
      case ${pathsOf(entries).join(' ')}
        set at (string trim -- "$at $word")
    end
  end
  switch "$at"
${entries.map(([path, words]) => `    case '${path}'\n      string split ' ' -- '${words.join(' ')}'`).join('\n')}
  end
end
complete -c sppp -a '(__sppp_candidates)'`;
