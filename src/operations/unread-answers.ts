import type { Hold } from '../sppp/held-text.js';
import type { Result } from '../sppp/result.js';

/** Bytes of answers that wait to be read, of one registrar and of all. */
export interface UnreadLimits {
  readonly perRegistrar: number;
  readonly inAll: number;
}

/** What answers hold until they are read. Whoever has as much as may be gets no further one before it has read some. */
export class Unread {
  readonly #limits: UnreadLimits;
  readonly #bytes = new Map<number, number>();
  #inAll = 0;

  constructor(limits: UnreadLimits) {
    this.#limits = limits;
  }

  /** Bytes of all answers that are not read yet. */
  get bytes(): number {
    return this.#inAll;
  }

  /** Where the bytes of a registrar's answer are counted. */
  of(registrarId: number): Hold {
    return (bytes) => {
      this.#inAll += bytes;
      const detachedCopy = (this.#bytes.get(registrarId) ?? 0) + bytes;
      if (detachedCopy > 0) this.#bytes.set(registrarId, detachedCopy);
      else this.#bytes.delete(registrarId);
    };
  }

  /** Why a registrar's request is not carried out now. */
  judge(registrarId: number): Result | undefined {
    const { perRegistrar, inAll } = this.#limits;
    if ((this.#bytes.get(registrarId) ?? 0) > perRegistrar) {
      return { code: 2300, reason: `your answers that are not read yet take more than ${perRegistrar} bytes` };
    }
    if (this.#inAll <= inAll) return undefined;
    return { code: 2300, reason: `answers that are not read yet take more than ${inAll} bytes` };
  }
}
