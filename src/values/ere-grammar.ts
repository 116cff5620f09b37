import { readBracketExpression } from './bracket-expression.js';
import { faultAt } from './ere-fault.js';
import { isRefusal, type Refusal } from './refusal.js';

/** Maximum repetitions of an interval: the minimum that POSIX demands of RE_DUP_MAX. */
export const MAX_REPETITIONS = 255;

/** The state of the reader of a pattern. */
export interface Cursor {
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
export function readAlternatives(cursor: Cursor): Part | Refusal {
  let all = readBranch(cursor);
  while (!isRefusal(all) && next(cursor) === '|') {
    cursor.at++;
    const branch = readBranch(cursor);
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

function readBranch(cursor: Cursor): Part | Refusal {
  if (isBranchEnd(cursor)) return fault(cursor, 'an empty branch');
  let all = readExpression(cursor);
  while (!isRefusal(all) && !isBranchEnd(cursor)) {
    const part = readExpression(cursor);
    if (isRefusal(part)) return part;
    all = follow(cursor, all, part);
  }
  return all;
}

function isBranchEnd(cursor: Cursor): boolean {
  const character = next(cursor);
  return character === '' || character === '|' || (character === ')' && cursor.depth > 0);
}

function follow(cursor: Cursor, before: Part, after: Part): Part | Refusal {
  if (before.dollar !== undefined) return costly(cursor, before.dollar);
  if (after.hat !== undefined) return costly(cursor, after.hat);
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
function readExpression(cursor: Cursor): Part | Refusal {
  const character = next(cursor);
  if (character === '^') return { ...NOTHING, hat: cursor.at++ };
  if (character === '$') return { ...NOTHING, dollar: cursor.at++ };
  const atom = readAtom(cursor, character);
  return isRefusal(atom) ? atom : readQuantifier(cursor, atom);
}

function readAtom(cursor: Cursor, character: string): Part | Refusal {
  switch (character) {
    case '*':
    case '+':
    case '?':
    case '{':
      return fault(cursor, `'${character}' with nothing to repeat`);
    case ')':
      return fault(cursor, "unmatched ')'");
    case '(':
      return readGroup(cursor);
    case '\\':
      return readEscape(cursor);
    case '[':
      return readBracket(cursor);
    default:
      cursor.at += character.length;
      return CHARACTER;
  }
}

function readGroup(cursor: Cursor): Part | Refusal {
  const open = cursor.at++;
  cursor.groups++;
  cursor.depth++;
  const inner = next(cursor) === '' ? CHARACTER : readAlternatives(cursor);
  if (isRefusal(inner)) return inner;
  if (next(cursor) !== ')') return faultAt(cursor.pattern, open, "unmatched '('");
  cursor.at++;
  cursor.depth--;
  return inner;
}

function readEscape(cursor: Cursor): Part | Refusal {
  const character = characterAt(cursor.pattern, cursor.at + 1);
  if (character === '') return fault(cursor, 'a backslash at the end');
  if (/[1-9]/.test(character)) return fault(cursor, `a back-reference \\${character}`);
  // Some libraries read \< \> \` \' as anchors.
  if (!/[!-/:-@[-`{-~]/.test(character) || /[<>`']/.test(character)) {
    const instead = INSTEAD.get(character);
    return fault(cursor, `an escape \\${character}${instead === undefined ? '' : `, write ${instead},`}`);
  }
  cursor.at += 2;
  return CHARACTER;
}

function readBracket(cursor: Cursor): Part | Refusal {
  const bracket = readBracketExpression(cursor.pattern, cursor.at);
  if (isRefusal(bracket)) return bracket;
  cursor.at = bracket.end;
  cursor.ranged += bracket.ranged;
  return CHARACTER;
}

function readQuantifier(cursor: Cursor, part: Part): Part | Refusal {
  switch (next(cursor)) {
    case '*':
      cursor.at++;
      return repeat(cursor, part, 0, Number.POSITIVE_INFINITY);
    case '+':
      cursor.at++;
      return repeat(cursor, part, 1, Number.POSITIVE_INFINITY);
    case '?':
      cursor.at++;
      return repeat(cursor, part, 0, 1);
    case '{':
      return readInterval(cursor, part);
    default:
      return part;
  }
}

function readInterval(cursor: Cursor, part: Part): Part | Refusal {
  const interval = INTERVAL.exec(cursor.pattern.slice(cursor.at));
  if (interval === null) return fault(cursor, "'{' without an interval such as {2} or {1,15}");
  const [text, from, to = from] = interval;
  const low = Number(from);
  const high = to === '' ? Number.POSITIVE_INFINITY : Number(to);
  if (Math.max(low, Number(to)) > MAX_REPETITIONS) return fault(cursor, `an interval beyond ${MAX_REPETITIONS}`);
  if (low > high) return fault(cursor, 'an interval that runs backwards');
  cursor.at += text.length;
  return repeat(cursor, part, low, high);
}

function repeat(cursor: Cursor, part: Part, low: number, high: number): Part | Refusal {
  const anchor = part.hat ?? part.dollar;
  if (anchor !== undefined && high > 1) return costly(cursor, anchor);
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
function costly(cursor: Cursor, index: number): Refusal {
  const end = cursor.pattern.charAt(index) === '^' ? 'start' : 'end';
  return faultAt(cursor.pattern, index, `an anchor that is not at the ${end} of the pattern`, 'too costly to run');
}

function fault(cursor: Cursor, what: string): Refusal {
  return faultAt(cursor.pattern, cursor.at, what);
}

function next(cursor: Cursor): string {
  return characterAt(cursor.pattern, cursor.at);
}

/** The character, not the UTF-16 unit, at an index; empty behind the end. */
function characterAt(pattern: string, index: number): string {
  const codePoint = pattern.codePointAt(index);
  return codePoint === undefined ? '' : String.fromCodePoint(codePoint);
}
