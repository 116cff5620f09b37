/**
 * The registry's database cannot be used as it stands: it does not start, its schema is not ours, or it would not keep
 * what it acknowledges. The message is for the operator and says what to do.
 */
export class RegistryUnavailable extends Error {
  override name = 'RegistryUnavailable';
}
