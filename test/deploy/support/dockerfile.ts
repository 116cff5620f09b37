import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

/** What a Dockerfile says, as far as ours goes, and its build without a container engine. */

interface Instruction {
  readonly word: string;
  readonly rest: string;
}

/** A stage of a build: its root folder, and what it says about the processes that are started in it. */
export interface BuildStage {
  readonly name: string;
  readonly base: string;
  readonly root: string;
  readonly env: Record<string, string>;
  /** Arguments of the build, which are variables of RUN. */
  readonly args: Record<string, string>;
  folder: string;
  user: string | undefined;
  entrypoint: readonly string[];
  command: readonly string[];
  healthcheck: readonly string[];
}

/** The instructions of a Dockerfile. */
export function instructionsOf(text: string): Instruction[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, word = '', rest = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
      return { word, rest };
    });
}

/** Whether .dockerignore leaves a path of the context out. The last rule that fits decides. */
export function isIgnored(path: string, rules: readonly string[]): boolean {
  const patternOf = (rule: string) =>
    rule
      .replaceAll('.', '\\.')
      .replaceAll('**/', '(?:.+/)?')
      .replaceAll(/\*(?!\))/g, '[^/]*');
  const fits = (rule: string) => new RegExp(`^${patternOf(rule.replace(/^!/, ''))}(?:/|$)`).test(path);
  return rules.reduce((ignored, rule) => (fits(rule) ? !rule.startsWith('!') : ignored), false);
}

/**
 * Carries out a Dockerfile in folders: its RUN lines as they are, with the Node.js of this machine instead of that of the base
 * images. A plain `npm ci` has been done already: where we are. Its stages, the last one being the image.
 */
export async function build(
  context: string,
  dockerfile: string,
  ignored: readonly string[],
  folder: string,
): Promise<BuildStage[]> {
  const stages: BuildStage[] = [];
  for (const { word, rest } of instructionsOf(dockerfile)) {
    if (word === 'FROM') {
      const [, base = '', name = ''] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      const root = join(folder, String(stages.length));
      await mkdir(root);
      stages.push({
        ...{ name, base, root, env: {}, args: {}, folder: '/', user: undefined },
        ...{ entrypoint: [], command: [], healthcheck: [] },
      });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`${word} before FROM`);
    await carryOut(word, rest, stage, { context, stages, ignored });
  }
  return stages;
}

interface Means {
  readonly context: string;
  readonly stages: readonly BuildStage[];
  readonly ignored: readonly string[];
}

async function carryOut(word: string, rest: string, stage: BuildStage, means: Means): Promise<void> {
  const { context } = means;
  const [, name = '', value = ''] = /^(\w+)=(.*)$/.exec(rest) ?? [];
  switch (word) {
    case 'WORKDIR':
      stage.folder = rest;
      await mkdir(join(stage.root, rest), { recursive: true });
      return;
    case 'ENV':
      stage.env[name] = value;
      return;
    case 'ARG':
      stage.args[name] = value.replace(/^"(.*)"$/, '$1');
      return;
    case 'COPY':
      return copy(rest, stage, means);
    case 'RUN': {
      if (rest === 'npm ci')
        return symlink(join(context, 'node_modules'), join(stage.root, stage.folder, 'node_modules'));
      const env = { PATH: process.env.PATH, HOME: process.env.HOME, npm_config_prefer_offline: 'true' };
      const options = { cwd: join(stage.root, stage.folder), env: { ...env, ...stage.env, ...stage.args } };
      await promisify(execFile)('sh', ['-c', rest], { ...options, maxBuffer: 2 ** 26 });
      return;
    }
    case 'USER':
      stage.user = rest;
      return;
    case 'ENTRYPOINT':
      stage.entrypoint = JSON.parse(rest) as string[];
      return;
    case 'CMD':
      stage.command = JSON.parse(rest) as string[];
      return;
    case 'HEALTHCHECK':
      stage.healthcheck = JSON.parse(rest.replace(/^.*? CMD /, '')) as string[];
      return;
    case 'EXPOSE':
      return;
    default:
      throw new Error(`${word}: not understood`);
  }
}

/** A folder is copied as its content, as COPY does. */
async function copy(rest: string, stage: BuildStage, { context, stages, ignored }: Means): Promise<void> {
  const words = rest.split(' ');
  const [, from] = /^--from=(\S+)$/.exec(words[0] ?? '') ?? [];
  const sources = words.slice(from === undefined ? 0 : 1, -1);
  const target = join(stage.root, stage.folder, words.at(-1) ?? '');
  const isFolder = sources.length > 1 || target.endsWith('/');
  for (const source of sources) {
    const path = from === undefined ? join(context, source) : join(rootOf(from, stages), source);
    if (from === undefined && isIgnored(source, ignored))
      throw new Error(`COPY ${source}: .dockerignore leaves it out`);
    const isFile = (await stat(path)).isFile();
    const to = isFile && isFolder ? join(target, basename(source)) : target;
    await mkdir(dirname(to), { recursive: true });
    const filter = (each: string) => from !== undefined || !isIgnored(relative(context, each), ignored);
    await cp(path, to, { recursive: true, verbatimSymlinks: true, filter });
  }
}

function rootOf(name: string, stages: readonly BuildStage[]): string {
  const stage = stages.find((each) => each.name === name);
  if (stage === undefined) throw new Error(`COPY --from=${name}: no such stage`);
  return stage.root;
}

/** Megabytes of the files below a folder. */
export async function megabytesOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  const sizes = await Promise.all(files.map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size));
  return sizes.reduce((sum, size) => sum + size, 0) / 2 ** 20;
}
