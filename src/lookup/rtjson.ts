import type { AnswerSed } from '../registry/resolve/route-answers.js';

/** Destinations for Kamailio's rtjson module, which tries them one after the other. */
export interface RtJson {
  readonly version: '1.0';
  readonly routing: 'serial';
  readonly routes: readonly { readonly uri: string }[];
}

/** The final SIP and SIPS URIs, in order; the format has no other records. */
export function rtJsonOf(seds: readonly AnswerSed[], subject: string): RtJson {
  const uris = seds.map(({ uriAround }) => uriAround?.join(subject) ?? '').filter((uri) => /^sips?:/i.test(uri));
  return { version: '1.0', routing: 'serial', routes: uris.map((uri) => ({ uri })) };
}
