import { readBracketExpression } from './bracket-expression.js';
import { faultAt } from './ere-fault.js';
import { isRefusal, type Refusal } from './refusal.js';

/** Maximum repetitions of an interval: the minimum that POSIX demands of RE_DUP_MAX. */
export const MAX_REPETITIONS = 255;

/** The state of the reader of a pattern. */
export interface PatternReader {
  readonly pattern: string;
  at: number;
  depth: number;
  groups: number;
  /** Characters in its ranges, without repetitions. */
  ranged: number;
}

/** Properties of a part of a pattern. */
export interface Part {
  /** Characters, with intervals expanded. */
  readonly size: number;
  readonly canBeEmpty: boolean;
  /** How many adjacent parts at its end can each be empty. */
  readonly skippable: number;
  /** The index of a `^` that must be at the start of the pattern, and of a `$` that must be at the end. */
  readonly hat: number | undefined;
  readonly dollar: number | undefined;
}

const CHARACTER: Part = { size: 1, canBeEmpty: false, skippable: 0, hat: undefined, dollar: undefined };
const NOTHING: Part = { size: 0, canBeEmpty: true, skippable: 0, hat: undefined, dollar: undefined };

const INTERVAL = /^\{(\d+)(?:,(\d*))?\}/;

/** The POSIX form of escapes that POSIX does not have. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['d', '[0-9]'],
  ['w', '[[:alnum:]_]'],
  ['s', '[[:space:]]'],
]);

/**
 * Reads branches with `|` between them, up to the end of the pattern or of the group (extended_reg_exp, XBD §9.5.3).
 */
export function readAlternatives(reader: PatternReader): Part | Refusal {
  let all = readBranch(reader);
  while (!isRefusal(all) && next(reader) === '|') {
    reader.at++;
    const branch = readBranch(reader);
    if (isRefusal(branch)) return branch;
    all = {
      size: all.size + branch.size,
      canBeEmpty: all.canBeEmpty || branch.canBeEmpty,
      skippable: Math.max(all.skippable, branch.skippable),
      hat: all.hat ?? branch.hat,
      dollar: all.dollar ?? branch.dollar,
    };
  }
  return all;
}

function readBranch(reader: PatternReader): Part | Refusal {
  if (isBranchEnd(reader)) return fault(reader, 'an empty branch');
  let all = readExpression(reader);
  while (!isRefusal(all) && !isBranchEnd(reader)) {
    const part = readExpression(reader);
    if (isRefusal(part)) return part;
    all = follow(reader, all, part);
  }
  return all;
}

function isBranchEnd(reader: PatternReader): boolean {
  const character = next(reader);
  return character === '' || character === '|' || (character === ')' && reader.depth > 0);
}

function follow(reader: PatternReader, before: Part, after: Part): Part | Refusal {
  if (before.dollar !== undefined) return costly(reader, before.dollar);
  if (after.hat !== undefined) return costly(reader, after.hat);
  // Each part that can be empty adds a way around it for every such part before: a?a?a? compiles like (a?){3}.
  const ways = after.canBeEmpty ? before.skippable + 1 : 1;
  return {
    size: before.size + after.size * ways,
    canBeEmpty: before.canBeEmpty && after.canBeEmpty,
    skippable: after.skippable + (after.canBeEmpty ? before.skippable : 0),
    hat: before.hat,
    dollar: after.dollar,
  };
}

/** An anchor, which cannot be repeated, or another expression with its quantifier. */
function readExpression(reader: PatternReader): Part | Refusal {
  const character = next(reader);
  if (character === '^') return { ...NOTHING, hat: reader.at++ };
  if (character === '$') return { ...NOTHING, dollar: reader.at++ };
  const atom = readAtom(reader, character);
  return isRefusal(atom) ? atom : readQuantifier(reader, atom);
}

function readAtom(reader: PatternReader, character: string): Part | Refusal {
  switch (character) {
    case '*':
    case '+':
    case '?':
    case '{':
      return fault(reader, `'${character}' with nothing to repeat`);
    case ')':
      return fault(reader, "unmatched ')'");
    case '(':
      return readGroup(reader);
    case '\\':
      return readEscape(reader);
    case '[':
      return readBracket(reader);
    default:
      reader.at += character.length;
      return CHARACTER;
  }
}

function readGroup(reader: PatternReader): Part | Refusal {
  const open = reader.at++;
  reader.groups++;
  reader.depth++;
  const inner = next(reader) === '' ? CHARACTER : readAlternatives(reader);
  if (isRefusal(inner)) return inner;
  if (next(reader) !== ')') return faultAt(reader.pattern, open, "unmatched '('");
  reader.at++;
  reader.depth--;
  return inner;
}

function readEscape(reader: PatternReader): Part | Refusal {
  const character = characterAt(reader.pattern, reader.at + 1);
  if (character === '') return fault(reader, 'a backslash at the end');
  if (/[1-9]/.test(character)) return fault(reader, `a back-reference \\${character}`);
  // Some libraries read \< \> \` \' as anchors.
  if (!/[!-/:-@[-`{-~]/.test(character) || /[<>`']/.test(character)) {
    const instead = INSTEAD.get(character);
    return fault(reader, `an escape \\${character}${instead === undefined ? '' : `, write ${instead},`}`);
  }
  reader.at += 2;
  return CHARACTER;
}

function readBracket(reader: PatternReader): Part | Refusal {
  const bracket = readBracketExpression(reader.pattern, reader.at);
  if (isRefusal(bracket)) return bracket;
  reader.at = bracket.end;
  reader.ranged += bracket.ranged;
  return CHARACTER;
}

function readQuantifier(reader: PatternReader, part: Part): Part | Refusal {
  switch (next(reader)) {
    case '*':
      reader.at++;
      return repeat(reader, part, 0, Number.POSITIVE_INFINITY);
    case '+':
      reader.at++;
      return repeat(reader, part, 1, Number.POSITIVE_INFINITY);
    case '?':
      reader.at++;
      return repeat(reader, part, 0, 1);
    case '{':
      return readInterval(reader, part);
    default:
      return part;
  }
}

function readInterval(reader: PatternReader, part: Part): Part | Refusal {
  const interval = INTERVAL.exec(reader.pattern.slice(reader.at));
  if (interval === null) return fault(reader, "'{' without an interval such as {2} or {1,15}");
  const [text, from, to = from] = interval;
  const low = Number(from);
  const high = to === '' ? Number.POSITIVE_INFINITY : Number(to);
  if (Math.max(low, Number(to)) > MAX_REPETITIONS) return fault(reader, `an interval beyond ${MAX_REPETITIONS}`);
  if (low > high) return fault(reader, 'an interval that runs backwards');
  reader.at += text.length;
  return repeat(reader, part, low, high);
}

function repeat(reader: PatternReader, part: Part, low: number, high: number): Part | Refusal {
  const anchor = part.hat ?? part.dollar;
  if (anchor !== undefined && high > 1) return costly(reader, anchor);
  // As PostgreSQL expands it: x+ is xx*. Each copy of a part that can be empty leads to all later ones, so PostgreSQL
  // compiles ((a?){255}){4} for minutes.
  const copies = high === Number.POSITIVE_INFINITY ? low + 1 : Math.max(high, 1);
  const size = part.size * (part.canBeEmpty ? copies ** 2 : copies);
  const canBeEmpty = part.canBeEmpty || low === 0;
  return { ...part, size, canBeEmpty, skippable: canBeEmpty ? Math.max(part.skippable, 1) : part.skippable };
}

/**
 * An anchor inside a pattern hardly ever matches, but PostgreSQL follows all ways around it: (^|$|a){18} takes minutes.
 */
function costly(reader: PatternReader, index: number): Refusal {
  const end = reader.pattern.charAt(index) === '^' ? 'start' : 'end';
  return faultAt(reader.pattern, index, `an anchor that is not at the ${end} of the pattern`, 'too costly to run');
}

function fault(reader: PatternReader, what: string): Refusal {
  return faultAt(reader.pattern, reader.at, what);
}

function next(reader: PatternReader): string {
  return characterAt(reader.pattern, reader.at);
}

/** The character, not the UTF-16 unit, at an index; empty behind the end. */
function characterAt(pattern: string, index: number): string {
  const codePoint = pattern.codePointAt(index);
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
}
