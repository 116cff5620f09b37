import type { Sed } from '../registry/resolve.js';

/** One SED record as those who look up get it. What it has not is left out. */
export interface AnswerRecord {
  readonly position: number;
  readonly registrant: string;
  readonly cor?: boolean;
  readonly sedGroup?: string;
  readonly groupPriority?: number;
  readonly recordRegistrant: string;
  readonly sedRecord: string;
  readonly kind: Sed['kind'];
  readonly sedFunction?: 'routing' | 'lookup';
  readonly priority: number;
  readonly order?: number;
  readonly egressRoute?: string;
  readonly pref?: number;
  readonly svcs?: string;
  readonly flags?: string;
  readonly ere?: string;
  readonly regxRepl?: string;
  readonly repl?: string;
  readonly uri?: string;
  readonly hostName?: string;
  readonly ipAddresses?: readonly string[];
  readonly ttl?: number;
  readonly finalUri?: string;
}

export interface Answer {
  readonly identifier: string;
  readonly asker: string;
  readonly records: readonly AnswerRecord[];
}

/**
 * The answer for the asker. Under which identifier and destination group a record was found is left out: a peer is
 * shown the SED that is shared with it, not what numbers a registrant has (RFC 7877 §9.2).
 */
export function answerOf(identifier: string, asker: string, seds: readonly Sed[]): Answer {
  return { identifier, asker, records: seds.map(recordOf) };
}

function recordOf(sed: Sed): AnswerRecord {
  const { position, registrant, recordRegistrant, sedRecord, kind, recordPriority } = sed;
  const { cor, sedGroup, groupPriority, sedFunction, naptrOrder, egressRoute, pref, svcs, flags } = sed;
  const { ere, regxRepl, repl, uri, hostName, ipAddresses, ttl, finalUri } = sed;
  return {
    ...{ position, registrant, recordRegistrant, sedRecord, kind, priority: recordPriority },
    ...present({ cor, sedGroup, groupPriority, sedFunction, order: naptrOrder, egressRoute, pref, svcs, flags }),
    ...present({ ere, regxRepl, repl, uri, hostName, ipAddresses, ttl, finalUri }),
  };
}

type Present<Fields> = { readonly [Name in keyof Fields]?: NonNullable<Fields[Name]> };

function present<Fields extends object>(fields: Fields): Present<Fields> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null)) as Present<Fields>;
}
