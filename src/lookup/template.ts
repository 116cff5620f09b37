import { hash, randomUUID } from 'node:crypto';

/** Stands for the values that are filled in. Random, so that no record can contain it. */
export const GAP = randomUUID();

/** A JSON text that many identifiers share, with gaps for the identifier. */
export class Template {
  /** The version of the text, whatever is filled in; the same in all processes. */
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

/** The version of a text, for an ETag. */
export function tagOf(text: string): string {
  return hash('sha256', text, 'base64url').slice(0, 22);
}

function escaped(value: string): string {
  return /^[ !#-[\]-~]*$/.test(value) ? value : JSON.stringify(value).slice(1, -1);
}
