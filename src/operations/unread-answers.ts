import type { CountHeldBytes } from '../sppp/held-text.js';
import type { Result } from '../sppp/result.js';

/** Bytes of answers that wait to be read, of one registrar and of all. */
export interface UnreadLimits {
  readonly perRegistrar: number;
  readonly inAll: number;
}

/**
 * The bytes that answers hold until their clients have read them. A registrar whose answers hold more than it may gets no
 * further answer before it has read some.
 */
export class UnreadAnswers {
  readonly #limits: UnreadLimits;
  readonly #bytes = new Map<number, number>();
  #inAll = 0;

  constructor(limits: UnreadLimits) {
    this.#limits = limits;
  }

  /** Bytes of all answers that clients have not read yet. */
  get bytes(): number {
    return this.#inAll;
  }

  /** Counts the bytes of a registrar's answer. */
  of(registrarId: number): CountHeldBytes {
    return (bytes) => {
      this.#inAll += bytes;
      const held = (this.#bytes.get(registrarId) ?? 0) + bytes;
      if (held > 0) this.#bytes.set(registrarId, held);
      else this.#bytes.delete(registrarId);
    };
  }

  /**
   * The refusal (2300) of a registrar's request, if its unread answers are too large; undefined if it may be carried
   * out.
   */
  judge(registrarId: number): Result | undefined {
    const { perRegistrar, inAll } = this.#limits;
    if ((this.#bytes.get(registrarId) ?? 0) > perRegistrar) {
      return { code: 2300, reason: `your answers that are not read yet take more than ${perRegistrar} bytes` };
    }
    if (this.#inAll <= inAll) return undefined;
    return { code: 2300, reason: `answers that are not read yet take more than ${inAll} bytes` };
  }
}
