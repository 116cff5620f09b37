import { spawn } from 'node:child_process';
import { Command } from 'commander';
import { readConfig } from '../config.js';
import { OperatorError } from '../operator-error.js';
import { openRegistry } from './registry.js';

/** `sppp psql`: runs psql on the registry's database, as the role that can only read the views. */
export function psqlCommand(): Command {
  return new Command('psql')
    .argument('[arguments...]', 'for psql, such as -c "SELECT …"')
    .option('--owner', 'as the owner of the tables, who may change them')
    .description('query the database in SQL, with the installed psql')
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (given: string[], { owner = false }: { owner?: boolean }) => {
      const registry = await openRegistry(readConfig(process.env), { mayMake: false });
      const ignore = () => undefined; // Ctrl-C is for psql, which ends its query or itself.
      process.on('SIGINT', ignore);
      try {
        process.exitCode = await psql(registry.url, given, owner);
      } finally {
        process.off('SIGINT', ignore);
        await registry.close();
      }
    });
}

/** Runs psql and returns its exit code. The password is in the environment, which other users cannot see. */
async function psql(url: string, given: readonly string[], owner: boolean): Promise<number> {
  const [, before = '', password, behind = ''] = /^(\w+:\/\/[^:@/]*)(?::([^@/]*)(?=@))?(.*)$/s.exec(url) ?? [];
  const options = [process.env.PGOPTIONS, owner ? undefined : '-c role=sppp_operator'].filter(Boolean).join(' ');
  const env = { ...process.env, PGOPTIONS: options };
  const secret = password === undefined ? {} : { PGPASSWORD: decodeURIComponent(password) };
  const child = spawn('psql', ['--dbname', `${before}${behind}`, ...given], {
    env: { ...env, ...secret },
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.on('error', (error) =>
      reject(new OperatorError(`psql: ${error.message}; install PostgreSQL's client programs`)),
    );
    child.on('close', (code) => resolve(code ?? 1));
  });
}
