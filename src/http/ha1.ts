import { ha1 } from '../values/http-digest.js';

/** The realm of all credentials. Stored hashes contain it, so a change of it needs new passwords for all. */
export const realm = 'sppp';

/** The hashes that are stored of a password: they check Digest responses of one user name in one realm only. */
export interface StoredHa1 {
  readonly ha1Md5: string;
  readonly ha1Sha256: string;
  /** The hashes of the password before this one, while both are valid. */
  readonly former?: StoredHa1 | undefined;
}

/** The hashes that are stored of a password. */
export function secretsOf(username: string, password: string): { ha1Md5: string; ha1Sha256: string } {
  return {
    ha1Md5: ha1('MD5', username, realm, password),
    ha1Sha256: ha1('SHA-256', username, realm, password),
  };
}

/** The hashes of no user: an unknown user name takes as much time as a known one. */
export const nobody: StoredHa1 = { ha1Md5: '0'.repeat(32), ha1Sha256: '0'.repeat(64) };
