import { createReadStream } from 'node:fs';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { namingFile } from '../carrier/file-error.js';
import { writeOutput } from './output.js';

/** Characters that are held in memory; more of them are in a file. */
const IN_MEMORY = 1_000_000;

/** Output of a command that may fail before its end: it is printed whole, or not at all. */
export class HeldOutput {
  #text = '';
  #folder: string | undefined;

  async write(text: string): Promise<void> {
    this.#text += text;
    if (this.#text.length < IN_MEMORY) return;
    this.#folder ??= await mkdtemp(join(tmpdir(), 'sppp-output-'));
    await appendFile(this.#file, this.#text, { mode: 0o600 }).catch(
      namingFile(this.#file, 'TMPDIR names another folder for it'),
    );
    this.#text = '';
  }

  /** Prints it, unchanged. Throws the reason of the signal if that stops it. */
  async print(signal: AbortSignal): Promise<void> {
    if (this.#folder !== undefined) {
      for await (const text of createReadStream(this.#file, 'utf8') as AsyncIterable<string>) {
        signal.throwIfAborted();
        if (!(await writeOutput(text))) return;
      }
    }
    await writeOutput(this.#text);
  }

  /** Forgets what is held. */
  async close(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#folder ?? '', 'output');
  }
}
