import { resolve } from 'node:path';
import type { Command } from 'commander';
import { Environment } from '../environment.js';
import { OperatorError } from '../operator-error.js';
import { carrier } from '../settings/carrier.js';
import { checkOrgId } from '../values/org-id.js';
import { carrierAction, carrierCommand, type ExitCode, exits } from './carrier-command.js';
import { jsonOption, printResult } from './output.js';
import {
  findProfile,
  type Profile,
  profileFile,
  profileFiles,
  profileNames,
  readProfile,
  removeProfile,
  writeProfile,
} from './profile-file.js';
import { askSecret, canAsk, isPiped } from './prompt.js';
import { checkUrl, passwordIn } from './registry-login.js';

interface Json {
  readonly json?: boolean;
}

interface AddOptions extends Json, Omit<Profile, 'password'> {
  readonly storePassword?: boolean;
}

/** A profile as it is printed: without its password. */
interface ListedProfile extends Omit<Profile, 'password'> {
  readonly name: string;
  readonly file: string;
  readonly hasPassword: boolean;
}

/** `sppp profile`: logins at registries by names of their own, a file for each. */
export function profileCommand(): Command {
  const profile = carrierCommand('profile').description('named logins at registries, for --profile NAME');
  profile
    .command('add')
    .argument('<name>')
    .option('--url <url>', 'URL of the registry')
    .option('--user <name>', 'user name')
    .option('--password-file <file>', 'file with the password, read at each use')
    .option(
      '--store-password',
      'store the password in the profile; it comes from SPPP_PASSWORD, a prompt or standard input',
    )
    .option('--certificate <file>', 'PEM file with a client certificate and its chain')
    .option('--key <file>', 'PEM file with the private key of the certificate')
    .option('--ca <file>', "PEM file with the authorities that issue the registry's certificate")
    .option('--rant <orgId>', 'registrant of objects and keys without one')
    .option('--rar <orgId>', 'registrar of objects without one')
    .addOption(jsonOption())
    .description('create a profile, or change the given values of an existing one')
    .action(carrierAction(addFromCommandLine));
  profile
    .command('list')
    .addOption(jsonOption())
    .description('list the profiles')
    .action(
      carrierAction(async (options: Json) => {
        const listed = await Promise.all(
          (await profileNames()).map(async (name) => listedOf(name, await readProfile(name))),
        );
        printResult(options, listed, listed.map(profileLine));
        return exits.allGood;
      }),
    );
  profile
    .command('remove')
    .argument('<name>')
    .addOption(jsonOption())
    .description('remove a profile')
    .action(
      carrierAction(async (name: string, options: Json) => {
        await removeProfile(name);
        printResult(options, { name }, [`profile ${name} removed`]);
        return exits.allGood;
      }),
    );
  return profile;
}

async function addFromCommandLine(name: string, options: AddOptions): Promise<ExitCode> {
  const { json = false, storePassword = false, ...given } = options;
  if (storePassword && given.passwordFile !== undefined) {
    throw new OperatorError(`--password-file ${given.passwordFile}: not together with --store-password`);
  }
  if (given.url !== undefined) checkUrl('--url', given.url);
  checkOrganizations(given);
  const former = (await findProfile(name)) ?? {};
  const profile = { ...withoutReplaced(former, options), ...withWholePaths(given) };
  if (profile.url === undefined) throw new OperatorError(`--url: profile ${name} has none yet`);
  const whole = storePassword ? { ...profile, password: await newPassword(profile) } : profile;
  await writeProfile(name, whole);
  printResult({ json }, listedOf(name, whole), [`profile ${name} in ${profileFile(name)}`]);
  return exits.allGood;
}

function checkOrganizations(given: Profile): void {
  for (const field of ['rant', 'rar'] as const) {
    const orgId = given[field];
    const refusal = orgId === undefined ? undefined : checkOrgId(orgId);
    if (refusal !== undefined) throw new OperatorError(`--${field} ${orgId}: ${refusal.error}`);
  }
}

/** A profile without the password that its new options replace: it has one, or a file with one, or none. */
function withoutReplaced(profile: Profile, { storePassword, passwordFile }: AddOptions): Profile {
  if (storePassword !== true && passwordFile === undefined) return profile;
  const { password: _stored, passwordFile: _file, ...others } = profile;
  return others;
}

/** Options that name files, as paths that hold from every folder. */
function withWholePaths(given: Profile): Profile {
  const entries = Object.entries(given) as [keyof Profile, string][];
  return Object.fromEntries(
    entries.map(([member, value]) => [member, profileFiles.has(member) ? resolve(value) : value]),
  );
}

async function newPassword({ user, url = '' }: Profile): Promise<string> {
  if (user === undefined) throw new OperatorError('--user: the user whose password is stored');
  const known = carrier.password.read(new Environment(process.env));
  if (known !== undefined) return known;
  if (canAsk()) return askSecret(`password of ${user} at ${new URL(url).host}`);
  if (!isPiped())
    throw new OperatorError('--store-password: the password in SPPP_PASSWORD, typed on a terminal, or piped');
  return passwordIn('--store-password', '-');
}

function listedOf(name: string, { password, ...others }: Profile): ListedProfile {
  return { name, file: profileFile(name), hasPassword: password !== undefined, ...others };
}

function profileLine({ name, url, user, certificate, passwordFile, hasPassword }: ListedProfile): string {
  const login = [user, certificate === undefined ? undefined : `certificate ${certificate}`];
  const password = hasPassword
    ? ' (password stored)'
    : passwordFile === undefined
      ? ''
      : ` (password in ${passwordFile})`;
  return [name, url, ...login].filter((word) => word !== undefined).join(' ') + password;
}
