import { readFileSync } from 'node:fs';

/** What package.json says of this server. */
export interface OwnPackage {
  readonly name: string;
  readonly version: string;
  /** Packages that an installation may leave out, with the versions that fit. */
  readonly peerDependencies: Readonly<Record<string, string>>;
}

/** Seen from src and from dist alike. */
const PACKAGE = new URL('../package.json', import.meta.url);

/** Reads package.json. */
export function ownPackage(): OwnPackage {
  return JSON.parse(readFileSync(PACKAGE, 'utf8')) as OwnPackage;
}
