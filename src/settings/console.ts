import type { ProviderSettings } from './oidc.js';
import { choice, optionalText, optionalWholeNumber, text, wholeNumber } from './setting.js';

/** The console, where people look instead of typing. */
export const consoleTable = {
  use: choice({
    name: 'SPPP_CONSOLE',
    values: ['on', 'off'],
    meaning: 'The console at `/console`: `on`: pages for operators and carriers; `off`: there is none',
    usedBy: ['serve', 'demo'],
  }),
  host: text({
    name: 'SPPP_CONSOLE_HOST',
    default: '127.0.0.1',
    meaning: 'Address that the port of the console listens on',
    usedBy: ['serve', 'demo'],
  }),
  port: optionalWholeNumber({
    name: 'SPPP_CONSOLE_PORT',
    min: 0,
    max: 65_535,
    defaultNote: 'that of the server',
    meaning: 'Port that answers `/console` instead of `SPPP_PORT`, and nothing else; 0: a free port',
    usedBy: ['serve', 'demo'],
  }),
  publicUrl: optionalText({
    name: 'SPPP_CONSOLE_URL',
    rule: 'an http or https URL without user, query and fragment',
    defaultNote: '`SPPP_PUBLIC_URL`',
    meaning: 'URL of the console as browsers know it, without `/console`; an OpenID provider sends them back to it',
    usedBy: ['serve', 'demo'],
  }),
  sessionHours: wholeNumber({
    name: 'SPPP_CONSOLE_SESSION_HOURS',
    default: 12,
    min: 1,
    max: 720,
    unit: 'hours',
    meaning: 'Time after which a session of the console ends, however much it is used',
    whenHit: 'The page asks for the login again',
    usedBy: ['serve', 'demo'],
  }),
  idleMinutes: wholeNumber({
    name: 'SPPP_CONSOLE_IDLE_MINUTES',
    default: 60,
    min: 1,
    max: 43_200,
    unit: 'minutes',
    meaning: 'Time after which a session of the console ends that is not used',
    whenHit: 'The page asks for the login again',
    usedBy: ['serve', 'demo'],
  }),
} as const;

/** How long sessions last, in milliseconds. */
export interface SessionTimes {
  /** However much it is used. */
  readonly longest: number;
  /** Of one that is not used. */
  readonly idle: number;
}

/** The console as the settings have it. */
export interface ConsoleSettings extends SessionTimes {
  /** A port of its own; undefined: it is served beside the other resources. */
  readonly listen: { readonly host: string; readonly port: number } | undefined;
  /** Undefined: people sign in by their passwords alone. */
  readonly provider: ProviderSettings | undefined;
}
