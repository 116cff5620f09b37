import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** How a credential is looked for. */
export type CredentialKey = { readonly username: string } | { readonly fingerprint: string };

/** Answers remembered at once of each kind: names that exist, names that do not, and the same of certificates. */
const MAX_REMEMBERED = 10_000;

/**
 * What was answered to those who came before. Kinds of keys are kept apart and each is bounded, what was used least
 * recently goes first: strangers can make up as many names as they like, and put out nothing but names made up.
 */
export class CredentialCache<Credential extends object> {
  readonly #there = new Map<string, LRUCache<string, Credential>>();
  readonly #absent = new Map<string, LRUCache<string, true>>();
  readonly #most: number;

  constructor(most: number = MAX_REMEMBERED) {
    this.#most = most;
  }

  /** The credential, `null` if it is known that there is none, undefined if nothing is known. */
  get(key: CredentialKey): Credential | null | undefined {
    const { kind, value } = parts(key);
    const there = this.#there.get(kind)?.get(value);
    if (there !== undefined) return there;
    return this.#absent.get(kind)?.get(value) === true ? null : undefined;
  }

  set(key: CredentialKey, credential: Credential | null): void {
    const { kind, value } = parts(key);
    if (credential === null) this.#of(this.#absent, kind).set(value, true);
    else this.#of(this.#there, kind).set(value, credential);
  }

  clear(): void {
    this.#there.clear();
    this.#absent.clear();
  }

  #of<Value extends object | true>(caches: Map<string, LRUCache<string, Value>>, kind: string) {
    const cache = caches.get(kind) ?? new LRUCache<string, Value>({ max: this.#most });
    caches.set(kind, cache);
    return cache;
  }
}

/** A hash, so that long names take no more memory than short ones. */
function parts(key: CredentialKey): { readonly kind: string; readonly value: string } {
  return 'username' in key
    ? { kind: 'name', value: hash('sha256', key.username, 'base64') }
    : { kind: 'certificate', value: key.fingerprint };
}
