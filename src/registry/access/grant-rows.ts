import { type Grant, grantNouns, grantVerbs } from '../../model/grant.js';

/** A grant as it is stored: lists with commas, null where nothing is narrowed. */
export interface GrantRow {
  readonly nouns: string | null;
  readonly verbs: string | null;
  readonly spans: string | null;
  readonly registrant: { readonly orgId: string; readonly id: number };
}

/** Reads a grant. A word that is not known here, of a newer server, lets nobody do anything here. */
export function grantOf({ nouns, verbs, spans, registrant }: GrantRow): Grant {
  return {
    registrant: registrant.orgId,
    registrantId: registrant.id,
    nouns: nouns === null ? undefined : grantNouns.filter((noun) => nouns.split(',').includes(noun)),
    verbs: verbs === null ? undefined : grantVerbs.filter((verb) => verbs.split(',').includes(verb)),
    spans: spans?.split(','),
  };
}
