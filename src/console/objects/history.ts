import type { Pool } from 'pg';
import { mayRead, mayReadOffer } from '../../authority/may.js';
import type { ArchiveSettings } from '../../config.js';
import { type Difference, differencesBetween } from '../../forms/differences.js';
import type { Key } from '../../model/key.js';
import { rantOf } from '../../model/key-of.js';
import { nounOf } from '../../model/noun.js';
import { journalNameOf } from '../../operations/history.js';
import { type Version, type VersionPage, versionsOf } from '../../operations/versions.js';
import { daysBefore } from '../../values/days.js';
import { readerOf } from '../reader.js';
import type { Visitor } from '../visitor.js';

/** What is needed to read archived requests. */
export interface HistoryParts {
  readonly pool: Pool;
  readonly archive: ArchiveSettings;
  readonly clock: () => Date;
}

/**
 * What was changed of an object, by the requests that the visitor may see: operators all, a registrar its own. Undefined if it
 * may not see the object itself.
 *
 * @param before journal row behind which the page begins, going back; undefined: the latest
 */
export async function readHistory(
  { pool, archive, clock }: HistoryParts,
  key: Key,
  before: number | undefined,
  visitor: Visitor,
): Promise<VersionPage | undefined> {
  const reader = await readerOf(pool, visitor, rantOf(key));
  if (reader === undefined) return undefined;
  const refusal =
    key.kind === 'SedGrpOfferKeyType' ? mayReadOffer(reader, key) : mayRead(reader, nounOf(key), key.rant);
  if (refusal !== undefined) return undefined;
  return versionsOf(journalNameOf(key), pool, {
    registrarId: visitor.kind === 'registrar' ? visitor.caller.registrarId : undefined,
    before,
    since: daysBefore(clock(), archive.days),
    key: archive.key,
  });
}

/** A version, and how it differs from the one before it. */
export interface Step {
  readonly version: Version;
  /** The addition or deletion before it, if that is known. */
  readonly older: Version | undefined;
  /** Undefined if one of the two is no addition. */
  readonly differences: readonly Difference[] | undefined;
}

/** Versions, the latest first, each with what it changed. */
export function stepsOf(versions: readonly Version[]): Step[] {
  return versions.map((version, index) => {
    const older = versions.slice(index + 1).find(({ verb }) => verb === 'add' || verb === 'delete');
    const [from, to] = [older?.object, version.object];
    return { version, older, differences: from && to && differencesBetween(from, to) };
  });
}
