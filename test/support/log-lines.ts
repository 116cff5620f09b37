import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly serverTransId?: string;
  readonly err?: { readonly message: string };
}

/** Turns a server's silent log on and collects what it writes from now on. */
export function collectLog(log: FastifyBaseLogger): LogLine[] {
  const lines: LogLine[] = [];
  const stream = { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) };
  Object.defineProperty(log, pino.symbols.streamSym, { value: stream, writable: true });
  log.level = 'info';
  return lines;
}
