import { type Grant, grantNouns, grantVerbs } from '../../model/grant.js';

/** The row of a grant: lists with commas, null where it is not narrowed. */
export interface GrantRow {
  readonly nouns: string | null;
  readonly verbs: string | null;
  readonly spans: string | null;
  readonly registrant: { readonly orgId: string; readonly id: number };
}

/** The grant of a row. An unknown word, which a newer server wrote, allows nothing here. */
export function grantOf({ nouns, verbs, spans, registrant }: GrantRow): Grant {
  return {
    registrant: registrant.orgId,
    registrantId: registrant.id,
    nouns: nouns === null ? undefined : grantNouns.filter((noun) => nouns.split(',').includes(noun)),
    verbs: verbs === null ? undefined : grantVerbs.filter((verb) => verbs.split(',').includes(verb)),
    spans: spans?.split(','),
  };
}
