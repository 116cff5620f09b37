import type { Command, Setting } from './setting.js';
import { allSettings, subjects } from './table.js';

/**
 * Tables of settings in pages stand between `<!-- settings: NAMES -->` or `<!-- limits: NAMES -->` and `<!-- end -->`.
 * The names and their order are the page's; all other text comes from the table in this folder.
 */
const END = '<!-- end -->';

interface Maker {
  readonly head: readonly string[];
  readonly row: (setting: Setting<unknown>) => string[];
}

const makers: Readonly<Record<'settings' | 'limits', Maker>> = {
  settings: {
    head: ['Setting', 'Default', 'Meaning'],
    row: (setting) => [
      `\`${setting.name}\``,
      defaultOf(setting, (value) => `\`${value}\``),
      setting.meaning + detailsOf(setting),
    ],
  },
  limits: {
    head: ['Limit', 'Default', 'Bounds', 'Unit', 'Setting', 'When it is hit'],
    row: (setting) => [
      setting.meaning,
      defaultOf(setting, (value) => (setting.isNumber ? grouped(value) : value)),
      grouped(setting.rule),
      setting.unit ?? '',
      `\`${setting.name}\``,
      setting.whenHit ?? '',
    ],
  },
};

/** A page with its tables made anew. Throws an Error for a marker that names no setting or has no end. */
export function renewPage(page: string): string {
  const chunks = page.split(/(?=<!-- (?:settings|limits): )/);
  return chunks.map((chunk) => (/^<!-- (?:settings|limits): /.test(chunk) ? renewChunk(chunk) : chunk)).join('');
}

/** A marker, its table and the text after it. */
function renewChunk(chunk: string): string {
  const marker = chunk.slice(0, chunk.indexOf('-->') + '-->'.length);
  const end = chunk.indexOf(END);
  if (end < marker.length) throw new Error(`${marker} has no ${END}`);
  const [, kind, ...names] = marker.replace('-->', '').trim().split(/\s+/);
  return `${marker}\n\n${tableOf(kind === 'limits:' ? makers.limits : makers.settings, names)}\n${chunk.slice(end)}`;
}

function tableOf({ head, row }: Maker, names: readonly string[]): string {
  const rows = names.map((name) => {
    const setting = allSettings.find((each) => each.name === name);
    if (setting === undefined) throw new Error(`${name} is no setting`);
    return row(setting);
  });
  return [lineOf(head), `|${head.map(() => '---|').join('')}\n`, ...rows.map(lineOf)].join('');
}

function lineOf(cells: readonly string[]): string {
  return `|${cells.map((cell) => (cell === '' ? ' ' : ` ${cell} `)).join('|')}|\n`;
}

/** `example.env`: every setting, commented out, with its meaning, default and rule. */
export function exampleEnvironment(): string {
  const head = [
    'Settings of the SPPP server, each with its default. Made from src/settings by npm run docs:settings.',
    'sppp config check prints the settings in force.',
  ];
  const blocks = subjects.map(({ title, settings }) => [`## ${title}`, ...settings.map(exampleOf)].join('\n\n'));
  return `${[head.map(comment).join('\n'), ...blocks].join('\n\n\n')}\n`;
}

/** The words for several commands at once. */
const groups: Readonly<Partial<Record<Command, string>>> = {
  all: 'all that open the registry',
  carrier: 'commands for carriers',
};

function exampleOf(setting: Setting<unknown>): string {
  const { name, meaning, unit, rule, isSecret, usedBy } = setting;
  const facts = [
    `Default: ${defaultOf(setting, (value) => value) || 'not set'}`,
    ...(unit === undefined ? [] : [`Unit: ${unit}`]),
    ...(rule === '' ? [] : [`Values: ${rule}`]),
    `Used by: ${usedBy.map((each) => groups[each] ?? each).join(', ')}`,
  ];
  const file = isSecret ? [`Or a file that holds it: ${name}_FILE`] : [];
  const text = [`${meaning}.`, ...facts.map((fact) => `${fact}.`), ...file.map((each) => `${each}.`)];
  return [...text.map((line) => comment(line.replaceAll('`', ''))), `#${name}=${setting.default ?? ''}`].join('\n');
}

/** The default: its value in the page's form, or a note. */
function defaultOf({ default: value, defaultNote }: Setting<unknown>, form: (value: string) => string): string {
  return defaultNote ?? (value === undefined ? '' : form(value));
}

/** Rule, unit and file of a setting, for a table that has no columns for them. */
function detailsOf({ name, unit, rule, isNumber, isSecret }: Setting<unknown>): string {
  const inWords = rule.startsWith('one of ') ? '' : rule;
  const value = isNumber ? `${grouped(rule)} ${unit ?? ''}`.trim() : (unit ?? inWords);
  const facts = [value, isSecret ? `or in a file: \`${name}_FILE\`` : ''].filter((fact) => fact !== '');
  return facts.length === 0 ? '' : ` (${facts.join('; ')})`;
}

/** Numbers of more than four digits with group separators. */
function grouped(text: string): string {
  return text.replace(/\b[0-9]{4,}\b/g, (digits) => Number(digits).toLocaleString('en'));
}

function comment(line: string): string {
  return `# ${line}`;
}
