import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** The key of a look-up of a credential. */
export type CredentialKey = { readonly username: string } | { readonly fingerprint: string };

/** Characters of SHA-256 in base64. */
const HASH_LENGTH = 44;

/** Entries of each kind: user names that exist, user names that do not, and the same of certificates. */
const MAX_ENTRIES = 10_000;

/**
 * Results of earlier look-ups. Each kind has a bounded cache of its own, from which the least recently used goes first: user
 * names that strangers make up can only displace other names that do not exist.
 */
export class CredentialCache<Credential extends object> {
  readonly #existing = new Map<string, LRUCache<string, Credential>>();
  readonly #absent = new Map<string, LRUCache<string, true>>();
  readonly #max: number;

  constructor(max: number = MAX_ENTRIES) {
    this.#max = max;
  }

  /** The credential; null if no credential has this key, undefined if the key is not cached. */
  get(key: CredentialKey): Credential | null | undefined {
    const { kind, value } = parts(key);
    const existing = this.#existing.get(kind)?.get(value);
    if (existing !== undefined) return existing;
    return this.#absent.get(kind)?.get(value) === true ? null : undefined;
  }

  /** Stores a result; null: no credential has this key. */
  set(key: CredentialKey, credential: Credential | null): void {
    const { kind, value } = parts(key);
    if (credential === null) this.#of(this.#absent, kind).set(value, true);
    else this.#of(this.#existing, kind).set(value, credential);
  }

  clear(): void {
    this.#existing.clear();
    this.#absent.clear();
  }

  #of<Value extends object | true>(caches: Map<string, LRUCache<string, Value>>, kind: string) {
    const cache = caches.get(kind) ?? new LRUCache<string, Value>({ max: this.#max });
    caches.set(kind, cache);
    return cache;
  }
}

/** Of a name that is as long as a hash, or longer, the hash: so names take little memory, and none is taken for another. */
function parts(key: CredentialKey): { readonly kind: string; readonly value: string } {
  if ('fingerprint' in key) return { kind: 'certificate', value: key.fingerprint };
  const { username } = key;
  return { kind: 'name', value: username.length < HASH_LENGTH ? username : hash('sha256', username, 'base64') };
}
