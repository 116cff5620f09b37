import { encodeDetail } from '../sppp/encode.js';
import type { RequestRule } from '../sppp/grammar.js';
import { HeldText } from '../sppp/held-text.js';
import type { Detail } from '../sppp/message.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import { succeeded } from '../sppp/result.js';
import { Failures } from './failures.js';
import type { Mode } from './outcome.js';
import type { RunDetails } from './run-context.js';
import type { UnreadAnswers } from './unread-answers.js';

/** The request that details belong to. */
export interface DetailsOf {
  readonly rule: RequestRule;
  readonly mode: Mode;
  readonly registrarId: number;
}

/** Details that are held as such; more of them are held as text. */
const MAX_PLAIN = 64;

/**
 * The details of a request while it is carried out. Many are made to text as they come, so that their objects need not
 * wait for the end of the request, nor for a client that reads slowly.
 */
export class Details {
  readonly #request: DetailsOf;
  readonly #unread: UnreadAnswers;
  readonly #failures = new Failures();
  #few: Detail[] = [];
  #held: HeldText | undefined;

  constructor(request: DetailsOf, unread: UnreadAnswers) {
    this.#request = request;
    this.#unread = unread;
  }

  get failures(): Failures {
    return this.#failures;
  }

  /**
   * Adds the details of the items that come next in the request, in their order. The caller waits for the promise, if one
   * is returned. The answer to an atomic request that fails has its first failure alone (RFC 7878 §7.2).
   *
   * @throws RequestRefusedError if the registrar's answers would hold more than they may
   */
  add(verdicts: RunDetails): Promise<void> | undefined {
    if (this.#request.mode === 'atomic') {
      if (this.#failures.count > 0) return undefined;
      const failure = verdicts.find(({ result }) => result.code !== succeeded.code);
      if (failure !== undefined) {
        this.drop();
        this.#failures.add(failure);
        this.#few = [failure];
        return undefined;
      }
    }
    for (const verdict of verdicts) {
      this.#failures.add(verdict);
      this.#few.push(verdict);
    }
    return this.#held === undefined && this.#few.length <= MAX_PLAIN ? undefined : this.#write();
  }

  /** All of them, for the answer. */
  all(): { readonly details: readonly Detail[]; readonly held: HeldText | undefined } {
    return { details: this.#few, held: this.#held };
  }

  /** Drops the details: no answer will have them. */
  drop(): void {
    this.#held?.drop();
    this.#held = undefined;
    this.#few = [];
  }

  async #write(): Promise<void> {
    const { registrarId, rule } = this.#request;
    this.#held ??= new HeldText(this.#unread.of(registrarId));
    for (const detail of this.#few) {
      const full = this.#held.add(encodeDetail(rule, detail));
      if (full !== undefined) await full;
    }
    this.#few = [];
    const refused = this.#unread.judge(registrarId);
    if (refused !== undefined) throw new RequestRefusedError(refused);
  }
}
