/** How many large requests may be under way, and how many may wait for that. */
export interface GateLimits {
  readonly inAll: number;
  readonly perRegistrar: number;
  readonly waiting: number;
}

interface Waiting {
  readonly registrarId: number;
  readonly enter: () => void;
}

/**
 * Where large requests wait their turn, so that they leave connections and time to the others. First come, first served,
 * but for registrars that have their share under way already.
 */
export class Gate {
  readonly #limits: GateLimits;
  readonly #inside = new Map<number, number>();
  #waiting: Waiting[] = [];
  #count = 0;

  constructor(limits: GateLimits) {
    this.#limits = limits;
  }

  /** Large requests under way. */
  get inside(): number {
    return this.#count;
  }

  /** Large requests that wait for a place. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Waits for a place; what is returned gives it back. Undefined if too many wait already. */
  async enter(registrarId: number): Promise<(() => void) | undefined> {
    if (!this.#hasPlace(registrarId)) {
      if (this.#waiting.length >= this.#limits.waiting) return undefined;
      await new Promise<void>((enter) => {
        this.#waiting.push({ registrarId, enter });
      });
    } else {
      this.#take(registrarId);
    }
    return () => this.#leave(registrarId);
  }

  #hasPlace(registrarId: number): boolean {
    const { inAll, perRegistrar } = this.#limits;
    return this.#count < inAll && (this.#inside.get(registrarId) ?? 0) < perRegistrar;
  }

  #take(registrarId: number): void {
    this.#count += 1;
    this.#inside.set(registrarId, (this.#inside.get(registrarId) ?? 0) + 1);
  }

  #leave(registrarId: number): void {
    this.#count -= 1;
    const left = (this.#inside.get(registrarId) ?? 0) - 1;
    if (left > 0) this.#inside.set(registrarId, left);
    else this.#inside.delete(registrarId);
    const next = this.#waiting.find((waiting) => this.#hasPlace(waiting.registrarId));
    if (next === undefined) return;
    this.#waiting = this.#waiting.filter((waiting) => waiting !== next);
    this.#take(next.registrarId);
    next.enter();
  }
}
