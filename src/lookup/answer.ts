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
    order: sed.naptrOrder ?? undefined,
    egressRoute: sed.egressRoute ?? undefined,
    pref: sed.pref ?? undefined,
    svcs: sed.svcs ?? undefined,
    flags: sed.flags ?? undefined,
    ere: sed.ere ?? undefined,
    regxRepl: sed.regxRepl ?? undefined,
    repl: sed.repl ?? undefined,
    uri: sed.uri ?? undefined,
    hostName: sed.hostName ?? undefined,
    ipAddresses: sed.ipAddresses ?? undefined,
    ttl: sed.ttl ?? undefined,
    finalUri: sed.uriAround?.join(subject),
  };
}
