import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

const VERSIONS = '/usr/lib/postgresql';

/** Programs that the cluster consists of, and Debian's packages that have them. */
const programs = [
  ['patroni', 'patroni'],
  ['patronictl', 'patroni'],
  ['etcd', 'etcd-server'],
  ['haproxy', 'haproxy'],
] as const;

/** The folder with the newest server of PostgreSQL that Debian's packages installed. */
export function postgresPrograms(): string | undefined {
  try {
    const versions = readdirSync(VERSIONS).map(Number).filter(Number.isInteger);
    return versions.length === 0 ? undefined : `${VERSIONS}/${Math.max(...versions)}/bin`;
  } catch {
    return undefined;
  }
}

/** Why no cluster can be started here; undefined if one can. */
export function obstacle(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  const missing: string[] = programs
    .filter(([program]) => spawnSync(program, ['--version']).error !== undefined)
    .map(([program, name]) => `${program} (Debian: ${name})`);
  if (postgresPrograms() === undefined) missing.push('PostgreSQL (Debian: postgresql)');
  return missing.length === 0 ? undefined : `there is no ${missing.join(', no ')}`;
}
