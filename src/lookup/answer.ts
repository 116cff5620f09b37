import { type SedRecMembers, sedRecColumnList } from '../model/sed-rec-kinds.js';
import type { AnswerSed } from '../registry/resolve/route-answers.js';

/** One SED record as clients get it; undefined members are left out. */
export type AnswerRecord = ReturnType<typeof recordOf>;

export interface Answer {
  readonly identifier: string;
  readonly asker: string;
  readonly records: readonly AnswerRecord[];
}

/**
 * The answer for the asker; `subject` is the identifier as final URIs have it. The matched identifier and the destination
 * group are left out: a peer sees the SED that is shared with it, but not which numbers a registrant has (RFC 7877 §9.2).
 */
export function answerOf(identifier: string, asker: string, subject: string, seds: readonly AnswerSed[]): Answer {
  return { identifier, asker, records: seds.map((sed) => recordOf(sed, subject)) };
}

function recordOf(sed: AnswerSed, subject: string) {
  return {
    position: sed.position,
    registrant: sed.registrant,
    cor: sed.cor ?? undefined,
    sedGroup: sed.sedGroup ?? undefined,
    groupPriority: sed.groupPriority ?? undefined,
    recordRegistrant: sed.recordRegistrant,
    sedRecord: sed.sedRecord,
    kind: sed.kind,
    sedFunction: sed.sedFunction ?? undefined,
    priority: sed.recordPriority,
    egressRoute: sed.egressRoute ?? undefined,
    pref: sed.pref ?? undefined,
    ...membersOf(sed),
    ipAddresses: sed.ipAddresses ?? undefined,
    ttl: sed.ttl ?? undefined,
    finalUri: sed.uriAround?.join(subject),
  };
}

/** The columns of its kind, by the names that JSON has for them. */
function membersOf(sed: AnswerSed): SedRecMembers {
  return Object.fromEntries(sedRecColumnList.map(([name, { member }]) => [member, sed[name] ?? undefined]));
}
