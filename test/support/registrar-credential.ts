import type { RegistrarCredential } from '../../src/registry/access/credential.js';
import type { Credentials } from '../../src/registry/access/credentials.js';

/** The credential of a registrar that is valid now; undefined if no credential has this user name. */
export async function registrarCredential(
  credentials: Credentials,
  username: string,
): Promise<RegistrarCredential | undefined> {
  const found = await credentials.find(username, new Date());
  return found?.kind === 'registrar' ? found : undefined;
}
