import type { Caller } from '../authority/caller.js';
import { Grants } from '../model/grants.js';
import type { Visitor } from './visitor.js';

/**
 * The caller as whom a visitor reads the objects of a registrant: registrars as themselves, operators as the registrant
 * would, which sees all of them and changes none here.
 */
export function readerOf(visitor: Visitor, rant: string): Caller {
  if (visitor.kind === 'registrar') return visitor.caller;
  const grants = new Grants([
    { registrant: rant, registrantId: 0, nouns: undefined, verbs: undefined, spans: undefined },
  ]);
  return { credentialId: visitor.credentialId, registrarId: 0, registrar: rant, grants };
}
