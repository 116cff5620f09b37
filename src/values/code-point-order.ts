/**
 * The order of two texts by their code points, which is that of their UTF-8 and of PostgreSQL's collation "C": negative if the
 * first one comes first, 0 if they are equal. JavaScript's own order differs behind U+D7FF.
 */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const [left, right] = [a.charCodeAt(index), b.charCodeAt(index)];
    if (left !== right) return left < SURROGATES || right < SURROGATES ? left - right : place(left) - place(right);
  }
  return a.length - b.length;
}

const SURROGATES = 0xd800;
const BEHIND_SURROGATES = 0xe000;

/** Surrogates stand for code points behind all those of one unit. */
function place(unit: number): number {
  return unit < BEHIND_SURROGATES ? unit + 0x10000 : unit;
}
