import { choice, wholeNumber } from './setting.js';

/** The console, where people look instead of typing. */
export const consoleTable = {
  use: choice({
    name: 'SPPP_CONSOLE',
    values: ['on', 'off'],
    meaning: 'The console at `/console`: `on`: pages for operators and carriers; `off`: there is none',
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
