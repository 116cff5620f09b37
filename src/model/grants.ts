import type { NumberSpan } from '../values/number-span.js';
import { type Grant, type GrantVerb, grantNouns, grantVerbs, spanOfGrant } from './grant.js';
import type { Noun } from './noun.js';

/** The numbers that may be written: all, or those that lie inside one of some spans. */
export type WritableNumbers = 'all numbers' | Spans;

/** One text for each verb and noun, built once for speed. */
const pairNames = Object.fromEntries(
  grantVerbs.map((verb) => [verb, Object.fromEntries(grantNouns.map((noun) => [noun, `${verb} ${noun}`]))]),
) as Readonly<Record<GrantVerb, Readonly<Record<Noun, string>>>>;

/** The sum of a registrar's grants, computed once because a request asks for each of its objects. */
export class Grants {
  readonly #ids = new Map<string, number>();
  readonly #reaches = new Map<string, Map<string, WritableNumbers>>();
  readonly #reached = new Map<string, readonly number[]>();
  /** The spans in grants for adding identifiers, independent of other grants. */
  readonly #given = new Map<string, Spans>();

  constructor(grants: readonly Grant[]) {
    const spans = new Map<string, string[]>();
    const given = new Map<string, string[]>();
    for (const grant of grants) {
      const { nouns = grantNouns, verbs = grantVerbs } = grant;
      if (grant.spans !== undefined && nouns.includes('PubId') && verbs.includes('add')) {
        collect(given, grant.registrant, grant.spans);
      }
      this.#ids.set(grant.registrant, grant.registrantId);
      const reaches = this.#reaches.get(grant.registrant) ?? new Map<string, WritableNumbers>();
      this.#reaches.set(grant.registrant, reaches);
      for (const [verb, noun] of narrowed(grant)) {
        const what = pairNames[verb][noun];
        if (grant.spans === undefined || noun !== 'PubId' || !isWriting(verb)) reaches.set(what, 'all numbers');
        else collect(spans, `${grant.registrant}\n${what}`, grant.spans);
      }
    }
    for (const [registrant, texts] of given) this.#given.set(registrant, new Spans(texts));
    for (const [key, texts] of spans) {
      const [registrant = '', what = ''] = key.split('\n');
      const reaches = this.#reaches.get(registrant);
      if (reaches?.has(what) === false) reaches.set(what, new Spans(texts));
    }
  }

  /** The row id of a registrant with a grant. */
  get(registrant: string): number | undefined {
    return this.#ids.get(registrant);
  }

  has(registrant: string): boolean {
    return this.#ids.has(registrant);
  }

  registrants(): string[] {
    return [...this.#ids.keys()];
  }

  /** How far the grants reach for this registrant; undefined if not at all. */
  reach(verb: GrantVerb, noun: Noun, registrant: string): WritableNumbers | undefined {
    return this.#reaches.get(registrant)?.get(pairNames[verb][noun]);
  }

  /**
   * Whether a span in a grant for this registrant contains all these numbers, so that the operator has confirmed them.
   */
  gives(registrant: string, span: NumberSpan): boolean {
    return this.#given.get(registrant)?.hold(span) ?? false;
  }

  /** The row ids of all registrants whose objects of this noun the grants reach with this verb. */
  reached(verb: GrantVerb, noun: Noun): readonly number[] {
    const what = pairNames[verb][noun];
    const known = this.#reached.get(what);
    if (known !== undefined) return known;
    const ids = [...this.#ids].flatMap(([registrant, id]) => (this.reach(verb, noun, registrant) ? [id] : []));
    this.#reached.set(what, ids);
    return ids;
  }
}

/** Spans of numbers, for the question whether another span lies inside one of them. */
export class Spans {
  /** Ascending in both ends; spans inside another one are left out. */
  readonly #spans: readonly NumberSpan[];
  readonly texts: readonly string[];

  constructor(texts: readonly string[]) {
    this.texts = [...new Set(texts)].sort();
    const spans = this.texts.flatMap((text) => {
      const span = spanOfGrant(text);
      return 'error' in span ? [] : [span];
    });
    spans.sort((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : a.below > b.below ? -1 : 1));
    let last = '';
    this.#spans = spans.filter(({ below }) => {
      if (below <= last) return false;
      last = below;
      return true;
    });
  }

  /** Whether all numbers of the span lie inside one of these. */
  hold({ from, below }: NumberSpan): boolean {
    let [low, high] = [0, this.#spans.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#spans[middle]?.from ?? '') <= from) low = middle + 1;
      else high = middle;
    }
    const nearest = this.#spans[low - 1];
    return nearest !== undefined && below <= nearest.below;
  }
}

function isWriting(verb: GrantVerb): boolean {
  return verb === 'add' || verb === 'delete';
}

function narrowed({ nouns = grantNouns, verbs = grantVerbs }: Grant): [GrantVerb, Noun][] {
  return verbs.flatMap((verb) => nouns.map((noun): [GrantVerb, Noun] => [verb, noun]));
}

function collect(spans: Map<string, string[]>, key: string, texts: readonly string[]): void {
  const known = spans.get(key);
  if (known === undefined) spans.set(key, [...texts]);
  else known.push(...texts);
}
