/** How far a subscriber has read: a snapshot of the database (docs/feeds.md). */
export interface Cursor {
  /** The database: transactions of another one, or of one restored from a backup, have other numbers. */
  readonly database: string;
  /** Row id of the organization that it was given to. */
  readonly askerId: number;
  /** A pg_snapshot: `xmin:xmax:xip,…`. */
  readonly snapshot: string;
}

const form = /^1\.([0-9]{1,20}-[0-9]{1,10}-[0-9]{1,10})\.([0-9]{1,10})\.([0-9]{1,19}:[0-9]{1,19}:[0-9,]{0,60000})$/;

/** A cursor as subscribers keep it: text without meaning to them, safe in URLs. */
export function writeCursor({ database, askerId, snapshot }: Cursor): string {
  return `1.${database}.${askerId}.${snapshot}`;
}

/** Undefined: no cursor of ours. */
export function readCursor(text: string): Cursor | undefined {
  const [, database, askerId, snapshot] = form.exec(text) ?? [];
  if (database === undefined || snapshot === undefined || !isSnapshot(snapshot)) return undefined;
  return { database, askerId: Number(askerId), snapshot };
}

/** The oldest transaction that it may not have seen; all from `below` on it did not. */
export function boundsOf({ snapshot }: Cursor): { from: bigint; below: bigint } {
  const [from = '', below = ''] = snapshot.split(':');
  return { from: BigInt(from), below: BigInt(below) };
}

/** PostgreSQL's own rules for the text of a pg_snapshot: open transactions ascend between the two bounds. */
function isSnapshot(text: string): boolean {
  const [from = '', below = '', open = ''] = text.split(':');
  const [min, max] = [BigInt(from), BigInt(below)];
  if (min < 1n || max < min || max > 9_223_372_036_854_775_807n) return false;
  let last = min - 1n;
  return (open === '' ? [] : open.split(',')).every((each) => {
    const [before, xid] = [last, each === '' ? -1n : BigInt(each)];
    last = xid;
    return xid > before && xid < max;
  });
}
