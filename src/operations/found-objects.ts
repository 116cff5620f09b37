import { type Noun, nounOf } from '../model/noun.js';
import type { Obj } from '../model/obj.js';
import type { Stored } from '../registry/rows/stored-objects.js';
import { encodeObj } from '../sppp/encode.js';
import { HeldText } from '../sppp/held-text.js';
import { RequestRefusedError } from '../sppp/request-refused.js';
import type { UnreadAnswers } from './unread-answers.js';

/** Objects that are held as such; more of them are held as text. */
const MAX_PLAIN = 64;

/** The objects of an answer, each once. Many are made to text as they come. */
export class FoundObjects {
  readonly #registrarId: number;
  readonly #unread: UnreadAnswers;
  /** Row ids by noun. */
  readonly #seen = new Map<Noun, Set<number>>();
  #few: Obj[] = [];
  #held: HeldText | undefined;

  constructor(registrarId: number, unread: UnreadAnswers) {
    this.#registrarId = registrarId;
    this.#unread = unread;
  }

  /**
   * Adds those of one noun that have not been added yet.
   *
   * @throws RequestRefusedError if the registrar's answers would hold more than they may
   */
  async add(found: readonly Stored<Obj>[]): Promise<void> {
    const [first] = found;
    if (first === undefined) return;
    const noun = nounOf(first.object);
    const seen = this.#seen.get(noun) ?? new Set();
    this.#seen.set(noun, seen);
    for (const { id, object } of found) {
      if (seen.has(id)) continue;
      seen.add(id);
      this.#few.push(object);
    }
    if (this.#held === undefined && this.#few.length <= MAX_PLAIN) return;
    this.#held ??= new HeldText(this.#unread.of(this.#registrarId));
    for (const obj of this.#few) {
      const full = this.#held.add(encodeObj('resultObj', obj));
      if (full !== undefined) await full;
    }
    this.#few = [];
    const refused = this.#unread.judge(this.#registrarId);
    if (refused !== undefined) throw new RequestRefusedError(refused);
  }

  /** All of them, for the answer. */
  all(): { readonly resultObjs: readonly Obj[]; readonly held?: HeldText } {
    return this.#held === undefined ? { resultObjs: this.#few } : { resultObjs: [], held: this.#held };
  }

  /** Lets go of them: no answer will have them. */
  drop(): void {
    this.#held?.drop();
    this.#held = undefined;
    this.#few = [];
  }
}
