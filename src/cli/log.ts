import pino, { type Logger } from 'pino';
import type { Config } from '../config.js';
import { logOutput } from './output.js';

/** The log of a server, by the configured level. */
export function openLog({ logLevel }: Pick<Config, 'logLevel'>): Logger {
  return pino({ level: logLevel }, logOutput());
}
