import pino, { type Logger } from 'pino';
import type { Config } from '../config.js';
import { logOutput } from './output.js';

/** The log of a server, by the configured level. Each line of a worker has its number. */
export function openLog({ logLevel }: Pick<Config, 'logLevel'>, worker?: number): Logger {
  const log = pino({ level: logLevel }, logOutput());
  return worker === undefined ? log : log.child({ worker });
}
