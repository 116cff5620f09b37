/** A path of the console; anything else is its start, so that no link can make a login lead elsewhere. */
export function ownPath(next: unknown): string {
  return typeof next === 'string' && /^\/console(?:[/?][!-~]*)?$/.test(next) && !next.includes('\\')
    ? next
    : '/console';
}
