import { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import type { Command } from 'commander';
import { type Connection, type ConnectOptions, connect } from '../client/connect.js';
import { Environment } from '../environment.js';
import { OperatorError } from '../operator-error.js';
import { carrier } from '../settings/carrier.js';
import { type Profile, readProfile } from './profile-file.js';
import { askSecret, canAsk } from './prompt.js';
import { readSecretFile } from './secret-file.js';
import { readText } from './text-file.js';

/** How the options of `loginOptions` arrive in the action of a command. */
export interface LoginOptions {
  readonly url?: string;
  readonly user?: string;
  readonly passwordFile?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly profile?: string;
}

/** Adds the options by which a command for carriers finds its registry. No secret is among them. */
export function loginOptions(command: Command): Command {
  return command
    .option('--url <url>', 'URL of the registry, such as https://sppp.example.net; default: the profile, then SPPP_URL')
    .option('--user <name>', 'user name; default: the profile, then SPPP_USER')
    .option(
      '--password-file <file>',
      'file with the password, - for standard input; default: the profile, SPPP_PASSWORD, then a prompt',
    )
    .option('--certificate <file>', 'PEM file with a client certificate and its chain')
    .option('--key <file>', 'PEM file with the private key of the certificate')
    .option(
      '--ca <file>',
      "PEM file with the authorities that issue the registry's certificate; replaces those of Node.js",
    )
    .option('--profile <name>', 'profile with these values, see sppp profile; default: SPPP_PROFILE');
}

/**
 * The profile that `--profile` or SPPP_PROFILE names; empty without one. Its `rant` and `rar` are for objects and keys that
 * name none.
 *
 * @throws OperatorError as `readProfile`
 */
export async function profileOf({
  profile = variable(carrier.profile),
}: Pick<LoginOptions, 'profile'>): Promise<Profile> {
  return profile === undefined ? {} : readProfile(profile);
}

/**
 * Opens a connection as `loginFrom` says. It sends nothing until the first call.
 *
 * @param mode what happens to a request with objects that fail; partial without it
 * @throws OperatorError as `loginFrom`
 */
export async function connectFrom(options: LoginOptions, mode?: ConnectOptions['mode']): Promise<Connection> {
  return connect({ ...(await loginFrom(options)), ...(mode === undefined ? {} : { mode }) });
}

/**
 * What the options say, else the profile, else the variables SPPP_URL, SPPP_USER and SPPP_PASSWORD. A password that none of them
 * has is asked for.
 *
 * @throws OperatorError where one is missing or breaks its rule, and for a file with a secret that others can read
 */
export async function loginFrom(options: LoginOptions): Promise<ConnectOptions> {
  const profile = await profileOf(options);
  const url = checkedUrl(options, profile);
  const user = options.user ?? profile.user ?? variable(carrier.user);
  const certificate = await certificateOf(options, profile);
  if (user === undefined && certificate === undefined) {
    throw new OperatorError('--user: a user name, or --certificate and --key; or a profile that has them (--profile)');
  }
  const caFile = options.ca ?? profile.ca;
  if ((certificate !== undefined || caFile !== undefined) && new URL(url).protocol !== 'https:')
    throw new OperatorError(
      `--url ${url}: a URL of https, because of --${caFile === undefined ? 'certificate' : 'ca'}`,
    );
  return {
    url,
    ...(user === undefined ? {} : { user, password: await passwordOf(user, url, options, profile) }),
    ...(certificate === undefined ? {} : { certificate }),
    ...(caFile === undefined ? {} : { ca: await authoritiesIn(caFile) }),
  };
}

function variable<Value>(setting: { readonly read: (environment: Environment) => Value }): Value {
  return setting.read(new Environment(process.env));
}

const URL_RULE = 'an http or https URL without user, query and fragment, such as https://sppp.example.net';

function checkedUrl(options: LoginOptions, profile: Profile): string {
  const url = options.url ?? profile.url ?? variable(carrier.url);
  if (url === undefined)
    throw new OperatorError(`--url: ${URL_RULE}; or SPPP_URL, or a profile that has it (--profile)`);
  checkUrl(options.url === undefined && profile.url === undefined ? carrier.url.name : '--url', url);
  return url;
}

/** Throws OperatorError for a text that cannot be the URL of a registry; `field` is where it comes from. */
export function checkUrl(field: string, url: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.username || parsed?.password) {
    throw new OperatorError(`${field}: ${URL_RULE}; the user goes into --user`); // no value: it may have a password
  }
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol) || /[?#]/.test(url)) {
    throw new OperatorError(`${field} ${url}: ${URL_RULE}`);
  }
}

async function passwordOf(user: string, url: string, options: LoginOptions, profile: Profile): Promise<string> {
  // The password of a profile is that of its user.
  const { password, passwordFile } = user === (profile.user ?? user) ? profile : {};
  const file = options.passwordFile ?? (password === undefined ? passwordFile : undefined);
  if (file !== undefined) return passwordIn('--password-file', file);
  const known = password ?? variable(carrier.password);
  if (known !== undefined) return known;
  if (canAsk()) return askSecret(`password of ${user} at ${new URL(url).host}`);
  throw new OperatorError(`--password-file: the password of ${user}; or SPPP_PASSWORD, or a profile that has it`);
}

/**
 * The password in a file, `-` for standard input, without the end of its line.
 *
 * @param field what names the file, for the message
 * @throws OperatorError for another text, and for a file that others can read
 */
export async function passwordIn(field: string, file: string): Promise<string> {
  const password = (await readSecretFile(field, file)).replace(/\r?\n$/, '');
  if (password !== '' && !/[\r\n]/.test(password)) return password;
  throw new OperatorError(`${field} ${file}: one line with the password`);
}

async function certificateOf(options: LoginOptions, profile: Profile): Promise<ConnectOptions['certificate']> {
  const isGiven = options.certificate !== undefined || options.key !== undefined;
  const { certificate, key } = isGiven ? options : profile;
  if (certificate === undefined && key === undefined) return undefined;
  if (certificate === undefined) throw new OperatorError('--certificate: the certificate of --key');
  if (key === undefined) throw new OperatorError('--key: the private key of --certificate');
  const cert = await readText(certificate);
  const keyText = await readSecretFile('--key', key);
  const passphrase = /ENCRYPTED/.test(keyText) ? await passphraseOf(key) : undefined;
  const login = { cert, key: keyText, ...(passphrase === undefined ? {} : { passphrase }) };
  refuseUnusable(`--certificate ${certificate}, --key ${key}`, () => createSecureContext(login));
  return login;
}

async function passphraseOf(key: string): Promise<string> {
  const known = variable(carrier.keyPassphrase);
  if (known !== undefined) return known;
  if (canAsk()) return askSecret(`passphrase of ${key}`);
  throw new OperatorError(`--key ${key}: it is encrypted; its passphrase in SPPP_KEY_PASSPHRASE`);
}

async function authoritiesIn(file: string): Promise<string> {
  const ca = await readText(file);
  refuseUnusable(`--ca ${file}`, () => new X509Certificate(ca));
  return ca;
}

/** Files that TLS cannot use get a message with their names now, not one of the first connection. */
function refuseUnusable(field: string, use: () => unknown): void {
  try {
    use();
  } catch (error) {
    throw new OperatorError(`${field}: no PEM that TLS can use (${error instanceof Error ? error.message : error})`);
  }
}
