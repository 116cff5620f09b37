/** A time in UTC, to the second. */
export function Time({ at }: { readonly at: Date }) {
  const text = at.toISOString();
  return <time dateTime={text}>{`${text.slice(0, 10)} ${text.slice(11, 19)} UTC`}</time>;
}
