import { hash, randomUUID } from 'node:crypto';

/** Stands for what is filled in. New in each process, so that no record can have it in it. */
export const GAP = randomUUID();

/** A JSON text that is the same for many identifiers, but for the gaps in which they stand. */
export class Template {
  /** Versions the text, whatever is filled in; the same in all processes. */
  readonly tag: string;
  readonly #head: string;
  readonly #rest: readonly string[];

  constructor(text: string) {
    const [head = '', ...rest] = text.split(GAP);
    this.tag = tagOf([head, ...rest].join('\0'));
    this.#head = head;
    this.#rest = rest;
  }

  /** The text with one value in the first gap and another one in all that follow. */
  fill(first: string, other: string): string {
    return this.#head + escaped(first) + this.#rest.join(escaped(other));
  }
}

/** What versions a text, for an ETag. */
export function tagOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

function escaped(value: string): string {
  return JSON.stringify(value).slice(1, -1);
}
