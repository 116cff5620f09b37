import type { Caller } from '../authority/caller.js';
import type { Operator } from '../authority/operator.js';

/** Who looks at a page: what pages may show and do follows from it, as for requests of every kind. */
export type Visitor = Session & (RegistrarVisitor | OperatorVisitor);

interface Session {
  readonly username: string;
  readonly credentialId: number;
  readonly sessionId: number;
  /** What every form has to send back: a page of somebody else cannot know it. */
  readonly formToken: string;
  /** The zone whose times the reader sees beside UTC; undefined: none. */
  readonly zone?: string | undefined;
}

interface RegistrarVisitor {
  readonly kind: 'registrar';
  readonly caller: Caller;
}

interface OperatorVisitor {
  readonly kind: 'operator';
  readonly operator: Operator;
}
