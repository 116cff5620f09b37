import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { variableNames } from '../../../src/settings/table.js';
import { type Finished, type Installation, Serving, sppp } from '../../support/command-line.js';

/** The files of deploy/, and what they start. */

const project = fileURLToPath(new URL('../../../', import.meta.url));

/** The path of a file of the project. */
export function pathOf(file: string): string {
  return join(project, file);
}

export function textOf(file: string): Promise<string> {
  return readFile(pathOf(file), 'utf8');
}

/** The documents of a YAML file, with its merge keys carried out. Throws for a fault or a warning of the parser. */
export async function documentsOf<T>(file: string): Promise<T[]> {
  return parseAllDocuments(await textOf(file), { merge: true, uniqueKeys: true }).map((document) => {
    const [fault] = [...document.errors, ...document.warnings];
    if (fault !== undefined) throw fault;
    return document.toJS() as T;
  });
}

/** The only document of a YAML file. */
export async function documentOf<T>(file: string): Promise<T> {
  const [first, ...others] = await documentsOf<T>(file);
  if (first === undefined || others.length > 0) throw new Error(`${file} has not one document`);
  return first;
}

/** A command of sppp with the environment that a deployment gives it. */
export interface Deployed {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Variables SPPP_… and DATABASE_URL… of an environment that are no settings. */
export function unknownIn(env: Readonly<Record<string, string>>): string[] {
  return Object.keys(env).filter((name) => /^SPPP_|DATABASE_URL/.test(name) && !variableNames.has(name));
}

/** On this machine other programs may have the ports, and the start demands TLS on other addresses than loopback ones. */
const elsewhere: Readonly<Record<string, string>> = {
  SPPP_HOST: '127.0.0.1',
  SPPP_PORT: '0',
  SPPP_METRICS_HOST: '127.0.0.1',
  SPPP_METRICS_PORT: '0',
  SPPP_ENUM_LISTEN: '127.0.0.1:0',
};

/**
 * Starts what a deployment starts, with all of its environment but addresses and ports.
 *
 * @param secrets the content of the file that each variable `…_FILE` of the environment names
 */
export function startDeployed(
  installation: Installation,
  { args, env }: Deployed,
  secrets: Readonly<Record<string, string>>,
): Promise<Serving> {
  return withSettings(env, secrets, (settings) => Serving.start(installation, args, settings));
}

/** The same for a command that ends by itself. */
export function runDeployed(
  installation: Installation,
  { args, env }: Deployed,
  secrets: Readonly<Record<string, string>>,
): Promise<Finished> {
  return withSettings(env, secrets, (settings) => sppp(installation, args, settings));
}

async function withSettings<T>(
  env: Deployed['env'],
  secrets: Readonly<Record<string, string>>,
  start: (settings: Record<string, string>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'sppp-secrets-'));
  try {
    const settings: Record<string, string> = { ...elsewhere };
    for (const [name, value] of Object.entries(env)) {
      if (name.endsWith('_FILE')) {
        settings[name] = join(folder, name);
        const secret = secrets[name];
        if (secret === undefined) throw new Error(`no secret for ${name}`);
        await writeFile(join(folder, name), secret, { mode: 0o600 });
      } else if (!(name in elsewhere)) settings[name] = value;
    }
    return await start(settings);
  } finally {
    await rm(folder, { recursive: true });
  }
}
