import type { LogPosition } from './log-position.js';

/** How far a subscriber has read: a snapshot of the database (docs/feeds.md). */
export interface Cursor {
  /** System identifier of the cluster and oid of the database: transactions of another one have other numbers. */
  readonly database: string;
  /** All that the snapshot saw was committed up to here. Cursors of version 0.1 name the timeline instead. */
  readonly position: LogPosition | { readonly timeline: number };
  /** Row id of the organization that it was given to. */
  readonly askerId: number;
  /** A pg_snapshot: `xmin:xmax:xip,…`. */
  readonly snapshot: string;
  /** Undefined: the subscriber saw what the snapshot saw, and no more. */
  readonly doubt: Doubt | undefined;
}

/** What a cursor of a standby does not know. PostgreSQL tells there that transactions are open, but not which ones. */
export interface Doubt {
  /** Transactions below it that the snapshot did not see may have been seen nevertheless. */
  readonly below: bigint;
  /** The feed's horizon that was seen. */
  readonly horizon: bigint;
}

const form =
  /^1\.([0-9]{1,20})-([0-9]{1,10})-([0-9]{1,10})(?:-([0-9]{1,19})-([0-9]{1,20}))?\.([0-9]{1,10})\.([0-9]{1,19}:[0-9]{1,19}:[0-9,]{0,60000})(?:~([0-9]{1,19})-([0-9]{1,19}))?$/;

const GREATEST_XID = 9_223_372_036_854_775_807n;

/** A cursor as subscribers keep it: text without meaning to them, safe in URLs. */
export function writeCursor(cursor: Cursor & { readonly position: LogPosition }): string {
  const { database, position, askerId, snapshot, doubt } = cursor;
  const { number, startedAt, lsn } = position;
  const saw = doubt === undefined ? snapshot : `${snapshot}~${doubt.below}-${doubt.horizon}`;
  return `1.${database}-${number}-${startedAt}-${lsn}.${askerId}.${saw}`;
}

/** Undefined: no cursor of ours. */
export function readCursor(text: string): Cursor | undefined {
  const [, system, second, third, startedAt, lsn, askerId, snapshot, below, horizon] = form.exec(text) ?? [];
  if (snapshot === undefined || !isSnapshot(snapshot)) return undefined;
  const doubt = below === undefined ? undefined : { below: BigInt(below), horizon: BigInt(horizon ?? '') };
  if (doubt !== undefined && (doubt.below > GREATEST_XID || doubt.below < boundsOf({ snapshot }).from))
    return undefined;
  const rest = { askerId: Number(askerId), snapshot, doubt };
  if (startedAt === undefined || lsn === undefined) {
    return { database: `${system}-${third}`, position: { timeline: Number(second) }, ...rest };
  }
  const position = { number: Number(third), startedAt, lsn: BigInt(lsn) };
  return { database: `${system}-${second}`, position, ...rest };
}

/** The oldest transaction that it may not have seen; all from `below` on it did not. */
export function boundsOf({ snapshot }: Pick<Cursor, 'snapshot'>): { from: bigint; below: bigint } {
  const [from = '', below = ''] = snapshot.split(':');
  return { from: BigInt(from), below: BigInt(below) };
}

/** PostgreSQL's own rules for the text of a pg_snapshot: open transactions ascend between the two bounds. */
function isSnapshot(text: string): boolean {
  const [from = '', below = '', open = ''] = text.split(':');
  const [min, max] = [BigInt(from), BigInt(below)];
  if (min < 1n || max < min || max > GREATEST_XID) return false;
  let last = min - 1n;
  return (open === '' ? [] : open.split(',')).every((each) => {
    const [before, xid] = [last, each === '' ? -1n : BigInt(each)];
    last = xid;
    return xid > before && xid < max;
  });
}
