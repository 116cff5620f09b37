import type { Received } from '../registry/journal/journal.js';
import { encodeDetail } from '../sppp/encode.js';
import { HeldText } from '../sppp/held-text.js';
import type { Detail, SpppResponse } from '../sppp/message.js';
import { RequestRefusal } from '../sppp/request-refusal.js';
import { succeeded } from '../sppp/result.js';
import { Failures } from './failures.js';
import type { RunDetails } from './run-context.js';
import type { Unread } from './unread-answers.js';

/** Details that are held as such. */
const FEW = 64;

/**
 * The details of a request while it is carried out. Many are made to text as they come, so that their objects need not
 * wait for the end of the request, nor for a client that reads slowly.
 */
export class Details {
  readonly #request: Pick<Received, 'registrarId' | 'operation' | 'mode'>;
  readonly #unread: Unread;
  readonly #failures = new Failures();
  #few: Detail[] = [];
  #held: HeldText | undefined;

  constructor(request: Pick<Received, 'registrarId' | 'operation' | 'mode'>, unread: Unread) {
    this.#request = request;
    this.#unread = unread;
  }

  get failures(): Failures {
    return this.#failures;
  }

  /**
   * Adds what is said of the items that come next in the request, in their order; where something is returned, it is to
   * be waited for. An atomic request that fails tells of its first failure alone (RFC 7878 §7.2).
   *
   * @throws RequestRefusal if the registrar's answers would hold more than they may
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
    return this.#held === undefined && this.#few.length <= FEW ? undefined : this.#write();
  }

  /** All of them, for the answer. */
  all(): Pick<SpppResponse, 'details' | 'held' | 'failures'> {
    return { details: this.#few, held: this.#held, failures: this.#failures.kinds };
  }

  /** Nobody will read them. */
  drop(): void {
    this.#held?.drop();
    this.#held = undefined;
    this.#few = [];
  }

  async #write(): Promise<void> {
    const { registrarId, operation = '' } = this.#request;
    this.#held ??= new HeldText(this.#unread.of(registrarId));
    for (const detail of this.#few) {
      const full = this.#held.add(encodeDetail(operation, detail));
      if (full !== undefined) await full;
    }
    this.#few = [];
    const refused = this.#unread.judge(registrarId);
    if (refused !== undefined) throw new RequestRefusal(refused);
  }
}
