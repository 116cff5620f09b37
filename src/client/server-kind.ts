import { detailNs, modeNs } from '../sppp/namespaces.js';
import type { StopSignal } from './bulk-options.js';
import type { ServerState } from './outcome.js';
import { throwIfStopped } from './patience.js';
import type { Mode } from './resource.js';
import {
  FaultAnswerError,
  LostAnswerError,
  ModeNotOfferedError,
  NotConnectedError,
  WholeRequestError,
} from './sppp-error.js';

/** A question after the extensions that is under way or answered, and what stops it. */
interface Asked {
  readonly extensions: Promise<readonly string[]>;
  readonly signal: StopSignal | undefined;
}

/** What kind of server a connection has: this one says so in its status, others have the mode of the RFC only. */
export class ServerKind {
  readonly #wanted: Mode | undefined;
  readonly #status: (signal?: StopSignal) => Promise<Pick<ServerState, 'extURI'>>;
  #asked: Asked | undefined;

  /** @param wanted the mode that was asked for; undefined for the best one */
  constructor(wanted: Mode | undefined, status: (signal?: StopSignal) => Promise<Pick<ServerState, 'extURI'>>) {
    this.#wanted = wanted;
    this.#status = status;
  }

  /**
   * The mode of changes.
   *
   * @throws ModeNotOfferedError if the server does not have it: another one might carry out what was to be validated;
   * NotConnectedError if the server does not answer; what it answers if that is no SPPP; the signal's reason
   */
  async mode(signal?: StopSignal): Promise<Mode> {
    const extensions = await this.#ask(signal);
    const has = (mode: Mode) => mode === 'atomic' || extensions.includes(modeNs + mode);
    if (this.#wanted === undefined) return has('partial') ? 'partial' : 'atomic';
    if (has(this.#wanted)) return this.#wanted;
    throw new ModeNotOfferedError(`mode: the server does not say that it has ${this.#wanted}; it has atomic`);
  }

  /** Whether it is a server of this package. */
  async isOurs(): Promise<boolean> {
    return (await this.#ask()).includes(detailNs);
  }

  /** The extensions of the server. They are remembered, an error is not. */
  async #ask(signal?: StopSignal): Promise<readonly string[]> {
    for (;;) {
      throwIfStopped(signal);
      this.#asked ??= { extensions: this.#status(signal).then(({ extURI }) => extURI, none), signal };
      const asked = this.#asked;
      try {
        return await asked.extensions;
      } catch (error) {
        if (this.#asked === asked) this.#asked = undefined;
        // Another call has asked for all, and was stopped.
        if (asked.signal?.aborted && asked.signal !== signal) continue;
        throw error;
      }
    }
  }
}

/** A server that refuses Status has no extensions. One whose answer is no SPPP is no registry, and gets no objects. */
function none(error: unknown): readonly string[] {
  if (error instanceof FaultAnswerError || error instanceof WholeRequestError) return [];
  if (!(error instanceof LostAnswerError)) throw error;
  // Status changes nothing, and the change that it was asked for was not sent.
  throw new NotConnectedError(`the server does not say what it is, so nothing is sent to it: ${error.message}`);
}
