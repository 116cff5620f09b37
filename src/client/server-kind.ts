import { detailNs } from '../sppp/namespaces.js';
import type { ServerState } from './outcome.js';
import type { Mode } from './resource.js';
import { FaultAnswerError, ModeNotOfferedError, UnreadableAnswerError, WholeRequestError } from './sppp-error.js';

/** What kind of server a connection has: this one says so in its status, others have the mode of the RFC only. */
export class ServerKind {
  readonly #wanted: Mode | undefined;
  readonly #status: () => Promise<ServerState>;
  #asked: Promise<boolean> | undefined;

  /** @param wanted the mode that was asked for; undefined for the best one */
  constructor(wanted: Mode | undefined, status: () => Promise<ServerState>) {
    this.#wanted = wanted;
    this.#status = status;
  }

  /**
   * The mode of changes.
   *
   * @throws ModeNotOfferedError if the server does not have it: another one might carry out what was to be validated
   */
  async mode(): Promise<Mode> {
    if (this.#wanted === 'atomic') return 'atomic';
    const isOurs = await this.isOurs();
    if (isOurs || this.#wanted === undefined) return this.#wanted ?? (isOurs ? 'partial' : 'atomic');
    throw new ModeNotOfferedError(`mode: the server does not say that it has ${this.#wanted}; use atomic`);
  }

  /** Whether it is a server of this package. The answer is remembered, an error is not. */
  isOurs(): Promise<boolean> {
    this.#asked ??= this.#status().then(({ extURI }) => extURI.includes(detailNs), otherwise);
    this.#asked.catch(() => {
      this.#asked = undefined;
    });
    return this.#asked;
  }
}

/** A server that cannot answer Status is another one. */
function otherwise(error: unknown): false {
  const isAnswer = [FaultAnswerError, UnreadableAnswerError, WholeRequestError].some((kind) => error instanceof kind);
  if (!isAnswer) throw error;
  return false;
}
