import type { FastifyBaseLogger } from 'fastify';
import pino from 'pino';

export interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly serverTransId?: string;
  readonly err?: { readonly message: string };
}

/** Collects what a server's log says from now on, beside where it goes anyhow. */
export function collectLog(log: FastifyBaseLogger): LogLine[] {
  const lines: LogLine[] = [];
  const before = Reflect.get(log, pino.symbols.streamSym) as { write(line: string): void } | undefined;
  const stream = {
    write: (line: string) => {
      lines.push(JSON.parse(line) as LogLine);
      before?.write(line);
    },
  };
  Object.defineProperty(log, pino.symbols.streamSym, { value: stream, writable: true });
  log.level = 'info';
  return lines;
}
