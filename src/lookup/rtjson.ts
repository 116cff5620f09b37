import type { AnswerSed } from '../registry/resolve/route-answers.js';

/** What Kamailio's rtjson module reads: destinations to be tried one after the other. */
export interface RtJson {
  readonly version: '1.0';
  readonly routing: 'serial';
  readonly routes: readonly { readonly uri: string }[];
}

/** The final URIs that a SIP proxy can send a call to, in order. Other records have no place in this format. */
export function rtJsonOf(seds: readonly AnswerSed[], subject: string): RtJson {
  const uris = seds.map(({ uriAround }) => uriAround?.join(subject) ?? '').filter((uri) => /^sips?:/i.test(uri));
  return { version: '1.0', routing: 'serial', routes: uris.map((uri) => ({ uri })) };
}
