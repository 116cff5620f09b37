import type { Fields, Struct, Value, Verb } from './grammar.js';
import { readText, type SimpleType, Unfit } from './simple-types.js';

/** The target of a value in its parent. */
export interface FieldTarget {
  readonly property: string;
  readonly repeats: boolean;
}

/** A step of building an object: a struct begins, a text becomes a value, a struct ends and goes into its parent. */
type Step =
  | { readonly does: 'open'; readonly struct: Struct; readonly kind: string | undefined }
  | { readonly does: 'value'; readonly type: SimpleType; readonly target: FieldTarget }
  | { readonly does: 'close'; readonly struct: Struct; readonly target: FieldTarget };

/**
 * The steps that build an item of one shape from its texts: recorded while the decoder builds the first item, then
 * repeated for items with the same markup, without the grammar.
 */
export class ItemTemplate {
  readonly #struct: Struct;
  readonly #kind: string | undefined;
  readonly #steps: Step[] = [];
  #texts = 0;
  #entries = 0;
  #complete = true;

  constructor(struct: Struct, kind: string | undefined) {
    this.#struct = struct;
    this.#kind = kind;
  }

  open(struct: Struct, kind: string | undefined): void {
    this.#steps.push({ does: 'open', struct, kind });
  }

  value(type: SimpleType, target: FieldTarget): void {
    this.#texts += 1;
    if (target.repeats) this.#entries += 1;
    this.#steps.push({ does: 'value', type, target });
  }

  close(struct: Struct, target: FieldTarget): void {
    if (target.repeats) this.#entries += 1;
    this.#steps.push({ does: 'close', struct, target });
  }

  /** The item has a part that no template builds: an extension, or an attribute with a meaning. */
  giveUp(): void {
    this.#complete = false;
  }

  /** The total number of entries in the lists of an item. */
  get entries(): number {
    return this.#entries;
  }

  /** Whether the template is complete and has this many texts. */
  fits(texts: number): boolean {
    return this.#complete && texts === this.#texts;
  }

  /** The item; undefined if one of the texts is invalid or breaks a rule of the grammar. */
  make(texts: readonly string[]): Fields | undefined {
    const parents: Fields[] = [];
    let fields = emptyFields(this.#struct, this.#kind);
    let next = 0;
    for (const step of this.#steps) {
      if (step.does === 'open') {
        parents.push(fields);
        fields = emptyFields(step.struct, step.kind);
      } else if (step.does === 'value') {
        const read = readText(step.type, texts[next++] ?? '');
        if (read instanceof Unfit) return undefined;
        put(fields, step.target, read);
      } else {
        if (step.struct.check?.(fields) !== undefined) return undefined;
        const value = fields;
        fields = parents.pop() ?? fields;
        put(fields, step.target, value);
      }
    }
    return this.#struct.check?.(fields) === undefined ? fields : undefined;
  }
}

/** An empty value of a struct: empty lists, and the kind if there are several types. */
export function emptyFields(struct: Struct, kind: string | undefined): Fields {
  const fields: Fields = kind === undefined ? {} : { kind };
  for (const { repeats, elements } of struct.slots) {
    if (repeats) for (const { property } of elements) fields[property] = [];
  }
  return fields;
}

/** Puts a value into its parent, behind earlier ones if the element repeats. */
export function put(fields: Fields, { property, repeats }: FieldTarget, value: Value): void {
  if (repeats) (fields[property] as Value[]).push(value);
  else fields[property] = value;
}

/** A verb and the template of its subject. */
export interface Shape {
  readonly verb: Verb;
  readonly template: ItemTemplate;
}
