import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { OperatorError } from '../operator-error.js';
import { readSecretFile } from './secret-file.js';

/** What a profile may have: how to log in to a registry, and what objects get that name no organization. */
export const profileMembers = [
  ...(['url', 'user', 'password', 'passwordFile', 'certificate', 'key', 'ca'] as const),
  ...(['rant', 'rar'] as const),
] as const;

export type Profile = { readonly [Member in (typeof profileMembers)[number]]?: string };

/** Members that name files: relative to the folder of profiles, so that it can be moved. */
export const profileFiles: ReadonlySet<keyof Profile> = new Set(['passwordFile', 'certificate', 'key', 'ca']);

const NAME = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/;

/** The folder of profiles: a file `NAME.json` for each. */
export function profileFolder(): string {
  return join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'sppp');
}

/** The file of a profile. Throws OperatorError for a name that cannot be one. */
export function profileFile(name: string): string {
  if (!NAME.test(name)) {
    throw new OperatorError(
      `profile ${name}: up to 64 letters, digits, dots, hyphens and underscores, such as example`,
    );
  }
  return join(profileFolder(), `${name}.json`);
}

/**
 * Reads a profile.
 *
 * @throws OperatorError if there is none, if others can read it, or if it is not what a profile is
 */
export async function readProfile(name: string): Promise<Profile> {
  const profile = await findProfile(name);
  if (profile !== undefined) return profile;
  const names = await profileNames();
  const known = names.length === 0 ? 'sppp profile add makes one' : `there are ${names.join(', ')}`;
  throw new OperatorError(`profile ${name}: there is no ${profileFile(name)}; ${known}`);
}

/** As `readProfile`; undefined if there is none. */
export async function findProfile(name: string): Promise<Profile | undefined> {
  const file = profileFile(name);
  try {
    return profileIn(file, await readSecretFile('profile', file));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

function profileIn(file: string, text: string): Profile {
  const value = parsed(file, text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OperatorError(
      `profile ${file}: one JSON object, such as {"url": "https://sppp.example.net", "user": "example"}`,
    );
  }
  const profile: Record<string, string> = {};
  for (const [name, member] of Object.entries(value)) {
    const known = profileMembers.find((each) => each === name);
    if (known === undefined) throw new OperatorError(`profile ${file}: ${name}: one of ${profileMembers.join(', ')}`);
    // No value in the message: it may be a secret.
    if (typeof member !== 'string' || member === '') {
      throw new OperatorError(`profile ${file}: ${name}: a text that is not empty`);
    }
    profile[known] = profileFiles.has(known) ? resolve(profileFolder(), member) : member;
  }
  return profile;
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not the message of JSON.parse, which quotes the text: it may hold a password.
    throw new OperatorError(`profile ${file}: not JSON`);
  }
}

/** Writes a profile for its owner alone. Whoever reads it at the same time finds the former or the new one. */
export async function writeProfile(name: string, profile: Profile): Promise<void> {
  const file = profileFile(name);
  await mkdir(profileFolder(), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await writeFile(draft, `${JSON.stringify(profile, undefined, 2)}\n`, { mode: 0o600, flag: 'wx' });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Removes a profile. Throws OperatorError if there is none. */
export async function removeProfile(name: string): Promise<void> {
  const file = profileFile(name);
  try {
    await rm(file);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
    throw new OperatorError(`profile ${name}: there is no ${file}`);
  }
}

/** The names of all profiles, sorted. */
export async function profileNames(): Promise<string[]> {
  try {
    const names = await readdir(profileFolder());
    const profiles = names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length));
    return profiles.filter((name) => NAME.test(name)).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
