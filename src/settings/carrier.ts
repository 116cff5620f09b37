import { optionalText, secret } from './setting.js';

/** How carriers' commands find their registry, where neither an option nor a profile says it. */
export const carrier = {
  url: optionalText({
    name: 'SPPP_URL',
    rule: 'an http or https URL without user, query and fragment',
    meaning: 'URL of the registry that the commands for carriers talk to',
    usedBy: ['carrier'],
  }),
  user: optionalText({
    name: 'SPPP_USER',
    meaning: 'User name at that registry',
    usedBy: ['carrier'],
  }),
  password: secret({
    name: 'SPPP_PASSWORD',
    meaning: 'Password of that user',
    usedBy: ['carrier'],
  }),
  profile: optionalText({
    name: 'SPPP_PROFILE',
    meaning: 'Name of the profile that has URL, user and files. See docs/commands.md',
    usedBy: ['carrier'],
  }),
  keyPassphrase: secret({
    name: 'SPPP_KEY_PASSPHRASE',
    meaning: "Passphrase of the private key of the carrier's certificate, if it is encrypted",
    usedBy: ['carrier'],
  }),
} as const;
