import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { namingFile } from './file-error.js';

const NOTHING_WRITTEN = 'nothing was written there';

/** Characters that are written at once. */
const PIECE_LENGTH = 65_536;

/** A file that is written beside the one that it replaces, and takes its place when it is whole. */
export class NewFile {
  readonly #path: string;
  readonly #temporary: string;
  #handle: FileHandle | undefined;
  #gathered = '';

  private constructor(path: string, temporary: string, handle: FileHandle) {
    this.#path = path;
    this.#temporary = temporary;
    this.#handle = handle;
  }

  /** Begins a file. Nobody but its owner can read it. */
  static async create(path: string): Promise<NewFile> {
    const temporary = `${path}.new-${process.pid}`;
    const handle = await open(temporary, 'w', 0o600).catch(namingFile(path, NOTHING_WRITTEN));
    return new NewFile(path, temporary, handle);
  }

  /** Adds text; wait for what it returns, if it returns something. */
  write(text: string): Promise<void> | undefined {
    this.#gathered += text;
    return this.#gathered.length < PIECE_LENGTH ? undefined : this.#flush();
  }

  /** Writes the rest, durably. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.#handle?.sync().catch(namingFile(this.#path, NOTHING_WRITTEN));
    await this.#handle?.close();
    this.#handle = undefined;
  }

  /** Puts the finished file in its place. */
  async publish(): Promise<void> {
    await rename(this.#temporary, this.#path).catch(namingFile(this.#path, NOTHING_WRITTEN));
  }

  /** Removes what is not published. */
  async drop(): Promise<void> {
    await this.#handle?.close();
    this.#handle = undefined;
    await rm(this.#temporary, { force: true });
  }

  async #flush(): Promise<void> {
    const text = this.#gathered;
    this.#gathered = '';
    await this.#handle?.writeFile(text).catch(namingFile(this.#path, NOTHING_WRITTEN));
  }
}
