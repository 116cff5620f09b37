import { detailNs, modeNs } from '../sppp/namespaces.js';
import type { ServerState } from './outcome.js';
import type { Mode } from './resource.js';
import { FaultAnswerError, ModeNotOfferedError, WholeRequestError } from './sppp-error.js';

/** What kind of server a connection has: this one says so in its status, others have the mode of the RFC only. */
export class ServerKind {
  readonly #wanted: Mode | undefined;
  readonly #status: () => Promise<Pick<ServerState, 'extURI'>>;
  #extensions: Promise<readonly string[]> | undefined;

  /** @param wanted the mode that was asked for; undefined for the best one */
  constructor(wanted: Mode | undefined, status: () => Promise<Pick<ServerState, 'extURI'>>) {
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
    const extensions = await this.#ask();
    const has = (mode: Mode) => extensions.includes(modeNs + mode);
    if (this.#wanted === undefined) return has('partial') ? 'partial' : 'atomic';
    if (has(this.#wanted)) return this.#wanted;
    throw new ModeNotOfferedError(`mode: the server does not say that it has ${this.#wanted}; it has atomic`);
  }

  /** Whether it is a server of this package. */
  async isOurs(): Promise<boolean> {
    return (await this.#ask()).includes(detailNs);
  }

  /** The extensions of the server. They are remembered, an error is not. */
  #ask(): Promise<readonly string[]> {
    this.#extensions ??= this.#status().then(({ extURI }) => extURI, none);
    this.#extensions.catch(() => {
      this.#extensions = undefined;
    });
    return this.#extensions;
  }
}

/** A server that refuses Status has no extensions. One whose answer is no SPPP is no registry, and gets no objects. */
function none(error: unknown): readonly string[] {
  if (!(error instanceof FaultAnswerError || error instanceof WholeRequestError)) throw error;
  return [];
}
