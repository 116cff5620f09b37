import { Command } from 'commander';
import { ownPackage } from '../own-package.js';
import { visibleLines } from '../values/visible.js';

/** What makes each command, in the order of the help. A command loads only its own modules, so that it starts quickly. */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
  serve: async () => (await import('./serve.js')).serveCommand(),
  demo: async () => (await import('./demo.js')).demoCommand(),
  migrate: async () => (await import('./migrate.js')).migrateCommand(),
  org: async () => (await import('./org.js')).orgCommand(),
  credential: async () => (await import('./credential.js')).credentialCommand(),
  grant: async () => (await import('./grant.js')).grantCommand(),
  agreement: async () => (await import('./agreement.js')).agreementCommand(),
  webhook: async () => (await import('./webhook.js')).webhookCommand(),
  operator: async () => (await import('./operator.js')).operatorCommand(),
  cor: async () => (await import('./cor.js')).corCommand(),
  transaction: async () => (await import('./transaction.js')).transactionCommand(),
  history: async () => (await import('./history.js')).historyCommand(),
  resolve: async () => (await import('./resolve.js')).resolveCommand(),
  enum: async () => (await import('./enum.js')).enumCommand(),
  export: async () => (await import('./export.js')).exportCommand(),
  follow: async () => (await import('./follow.js')).followCommand(),
  psql: async () => (await import('./psql.js')).psqlCommand(),
  push: async () => (await import('./push.js')).pushCommand(),
  pull: async () => (await import('./pull.js')).pullCommand(),
  plan: async () => (await import('./plan.js')).planCommand(),
  apply: async () => (await import('./apply.js')).applyCommand(),
  get: async () => (await import('./get.js')).getCommand(),
  delete: async () => (await import('./delete.js')).deleteCommand(),
  offers: async () => (await import('./offers.js')).offersCommand(),
  accept: async () => (await import('./answer-offers.js')).acceptCommand(),
  reject: async () => (await import('./answer-offers.js')).rejectCommand(),
  events: async () => (await import('./events.js')).eventsCommand(),
  lookup: async () => (await import('./lookup.js')).lookupCommand(),
  status: async () => (await import('./status.js')).statusCommand(),
  profile: async () => (await import('./profile.js')).profileCommand(),
  config: async () => (await import('./config.js')).configCommand(),
  completion: async () => (await import('./completion.js')).completionCommand(program),
};

/** Words that `sppp` itself answers, without any of its commands. */
const OWN_WORDS: ReadonlySet<string> = new Set(['-V', '--version']);

/** The whole command line, or the part of it that its first word needs: a command, or `--version`. */
export async function program(first?: string): Promise<Command> {
  const sppp = new Command('sppp')
    .description('SPPP registry: session peering provisioning over SOAP (RFC 7877, RFC 7878)')
    .version(ownPackage().version)
    .enablePositionalOptions();
  for (const make of makersFor(first)) sppp.addCommand(await make());
  for (const command of commandsIn(sppp)) command.configureOutput({ writeErr: writeVisible });
  return sppp;
}

function makersFor(first = ''): readonly (() => Promise<Command>)[] {
  if (OWN_WORDS.has(first)) return [];
  const named = Object.hasOwn(commands, first) ? commands[first] : undefined;
  return named === undefined ? Object.values(commands) : [named];
}

/** A command and its subcommands. */
export function commandsIn(command: Command): Command[] {
  return [command, ...command.commands.flatMap(commandsIn)];
}

/** Escapes hidden characters in messages about a command line, which quote it. */
function writeVisible(text: string): void {
  process.stderr.write(visibleLines(text));
}
